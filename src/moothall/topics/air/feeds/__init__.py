"""Where the air service's facts come from: one source a file."""
