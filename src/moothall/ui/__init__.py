"""How a page looks: frame, components, maps, charts. Knows no service."""
