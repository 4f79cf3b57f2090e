"""Open data: everything a feed brings, as a dataset anyone may read, follow back and take away.

For: anyone who wants to check a figure, and anyone who wants to build on the city's data.
Strategy: both cities promise open data and decisions that rest on evidence one can follow.
Standards: CSV on the Web (W3C), GeoJSON (RFC 7946), Apache Parquet, problem details (RFC 9457).
"""
