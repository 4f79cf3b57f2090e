"""What a pack says of an open table, and what may be wrong with that."""
