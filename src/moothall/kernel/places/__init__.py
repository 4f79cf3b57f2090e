"""Where things are in the city: postcodes, wards, small census areas and public places.

For every page that answers "near me", draws an outline or counts by ward. Areas and their codes
follow the Office for National Statistics (GSS codes); geometry is GeoJSON in WGS 84. A city's
pack states its wards and an approximate outline, so that all of this works before any boundary
is loaded, and says so.
"""
