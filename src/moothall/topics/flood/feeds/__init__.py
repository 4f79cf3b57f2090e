"""Where the flood service's facts come from: one source a file."""
