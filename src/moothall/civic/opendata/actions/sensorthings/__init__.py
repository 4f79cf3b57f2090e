"""What is written with a key through the SensorThings API: into the lake, all or nothing."""
