"""What the city is like and does for you."""
