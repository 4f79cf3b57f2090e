"""What every request passes through, outermost first: client, journal, sizes, limits, headers."""
