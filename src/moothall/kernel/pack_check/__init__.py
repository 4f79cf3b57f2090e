"""Proves that a city's pack can be run: everything it names exists, every fact has a source."""
