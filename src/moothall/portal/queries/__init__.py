"""Questions put to every service at once, through the registry. Reads only."""
