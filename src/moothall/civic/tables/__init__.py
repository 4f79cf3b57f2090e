"""Any open table as a feed: what a city publishes that no service here was written for.

For a data officer whose city counts something of its own: a file of `tables.toml` says which column
is which, and the table has a page, a map, history, downloads and a dataset like any other source.
Serves both strategies' promise of data that is open by default. CSV (RFC 4180), JSON, GeoJSON, XML.
"""
