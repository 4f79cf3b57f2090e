"""The catalogue for programs, in the standards that their clients already speak."""
