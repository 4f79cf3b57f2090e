"""The one source of open tables: as many feeds as the pack states tables."""
