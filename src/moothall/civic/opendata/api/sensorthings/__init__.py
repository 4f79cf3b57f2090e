"""OGC SensorThings API 1.1, part 1: what the lake holds, in the standard's own words."""
