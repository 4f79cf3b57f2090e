"""The lake: what machines say, kept for good, late and corrected data included."""
