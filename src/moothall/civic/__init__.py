"""How the city works with you."""
