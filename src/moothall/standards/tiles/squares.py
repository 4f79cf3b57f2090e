"""The squares of WebMercatorQuad: where each lies, and what in it is as wide as a dot."""

from dataclasses import dataclass
from math import atan, degrees, pi, sinh

EXTENT = 4096
"""How finely positions are told within a tile."""
MARGIN = 80
"""How far beyond its edges a tile reaches, so that signs on an edge are drawn whole."""
DEEPEST = 18
HALF_M = 20_037_508.342789244
URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"


@dataclass(frozen=True, slots=True)
class Square:
    """One tile: zoom, column from the west, row from the north. Errors: ValueError."""

    zoom: int
    column: int
    row: int

    def __post_init__(self) -> None:
        if not 0 <= self.zoom <= DEEPEST:
            raise ValueError(f"there are zooms from 0 to {DEEPEST}")
        if not (0 <= self.column < 2**self.zoom and 0 <= self.row < 2**self.zoom):
            raise ValueError(f"at zoom {self.zoom} rows and columns are below {2**self.zoom}")

    @property
    def side_m(self) -> float:
        """How long its sides are, in metres of Web Mercator."""
        return 2 * HALF_M / float(2**self.zoom)

    @property
    def corner(self) -> tuple[float, float]:
        """Its north-west corner, in metres of Web Mercator."""
        return -HALF_M + self.column * self.side_m, HALF_M - self.row * self.side_m

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees, its margin included."""
        margin = MARGIN / EXTENT
        west, east = (self._lon(self.column + one) for one in (-margin, 1 + margin))
        north, south = (self._lat(self.row + one) for one in (-margin, 1 + margin))
        return max(west, -180.0), south, min(east, 180.0), north

    def _lon(self, column: float) -> float:
        return column / float(2**self.zoom) * 360 - 180

    def _lat(self, row: float) -> float:
        return degrees(atan(sinh(pi * (1 - 2 * row / 2**self.zoom))))


def describe_scheme() -> dict[str, object]:
    """Describe the squares of every zoom (OGC 17-083r4)."""
    return {
        "id": "WebMercatorQuad",
        "title": "Web Mercator, quartered",
        "uri": URI,
        "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [
            {
                "id": str(zoom),
                "scaleDenominator": 559_082_264.028717 / 2**zoom,
                "cellSize": 156_543.033928041 / 2**zoom,
                "pointOfOrigin": [-HALF_M, HALF_M],
                "tileWidth": 256,
                "tileHeight": 256,
                "matrixWidth": 2**zoom,
                "matrixHeight": 2**zoom,
            }
            for zoom in range(DEEPEST + 1)
        ],
    }
