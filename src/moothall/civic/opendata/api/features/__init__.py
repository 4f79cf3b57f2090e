"""OGC API - Features: the city's open datasets with places, in the standard's own words."""
