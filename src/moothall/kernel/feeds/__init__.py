"""How the house reads its sources, from fetching to storing; and how well it goes."""
