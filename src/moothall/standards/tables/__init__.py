"""Tables as people send them: CSV, spreadsheets, GeoJSON, GeoPackage, shapefiles, Parquet.

Whatever can be read is read; whatever is wrong with it is told by row and column, and no value is
lost: a cell that does not fit its column stands, as it came, beside its fault.
"""
