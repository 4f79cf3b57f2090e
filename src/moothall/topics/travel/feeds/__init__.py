"""The sources of the travel service, one a file."""
