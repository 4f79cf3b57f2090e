"""Machinery that knows no domain: registry, feeds, lake, places, identity."""
