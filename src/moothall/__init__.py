"""Moothall: a people's smart city that a council hosts."""

__version__ = "0.1.0"
