"""Whole tables, in versions: what somebody hands over as one file, and hands over again.

Readings and things that change one by one are observations and records. A table that comes whole is
kept whole: its rows as one Parquet file by the hash of what they say, its faults beside it, a row
for each version in the lake's database.
"""
