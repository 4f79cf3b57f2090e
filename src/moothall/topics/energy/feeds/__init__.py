"""Where the energy service's facts come from: one source a file."""
