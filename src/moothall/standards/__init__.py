"""Public formats and protocols, bytes to values and back. Pure."""
