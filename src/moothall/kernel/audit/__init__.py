"""Who did what to what, when: an append-only log, each line chained to the one before it."""
