"""The sources of the parking service, one a file."""
