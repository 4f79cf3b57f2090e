"""The lake as SensorThings tells of it: things, their streams, and what was observed."""
