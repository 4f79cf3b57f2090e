"""Vector tiles: squares of the world at each zoom, and what is drawn in one.

Source:   Mapbox Vector Tile 2.1; OGC 17-083r4 (WebMercatorQuad), 20-057 (OGC API - Tiles)
"""
