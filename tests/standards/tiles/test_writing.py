"""Vector tiles are read by GDAL as what was drawn into them."""

from datetime import UTC, date, datetime
from math import atan, degrees, pi, sinh

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from moothall.standards.ogcapi import crs
from moothall.standards.tiles import squares, writing
from moothall.standards.tiles.squares import EXTENT, HALF_M, MARGIN, Square

LEEDS = Square(10, 507, 329)
WHOLE = Square(0, 0, 0)


def metres(shape):
    """Say a shape in degrees in Web Mercator."""
    return crs.move_shapes(shape, crs.CRS84, crs.MERCATOR, rounded=False)


def read(tile, folder, square):
    """Let GDAL read a tile: its columns by name, and its shapes in Web Mercator."""
    import pyogrio

    path = folder / str(square.zoom) / str(square.column)
    path.mkdir(parents=True, exist_ok=True)
    (path / f"{square.row}.mvt").write_bytes(tile)
    about, _, places, columns = pyogrio.raw.read(f"MVT:{path / f'{square.row}.mvt'}")
    said = dict(zip(about["fields"], (one.tolist() for one in columns), strict=True))
    return said, shapely.from_wkb(places)


def inside(square, x, y):
    """Return the position in metres that lies so far across and down a square."""
    west, north = square.corner
    return west + x * square.side_m, north - y * square.side_m


def test_a_square_lies_where_the_world_is_quartered():
    west, south, east, north = LEEDS.box
    assert west < -1.55 < east
    assert south < 53.8 < north
    assert WHOLE.corner == (-HALF_M, HALF_M)
    whole = Square(1, 1, 1).box
    assert whole[0] == pytest.approx(-180 * MARGIN / EXTENT, abs=0.01)
    assert whole[1] < -85
    assert degrees(atan(sinh(pi))) == pytest.approx(85.0511, abs=1e-4)


@pytest.mark.parametrize("place", [(19, 0, 0), (-1, 0, 0), (3, 8, 0), (3, 0, -1), (10**9, 0, 0)])
def test_there_is_no_square_beyond_the_last(place):
    with pytest.raises(ValueError, match="zoom"):
        Square(*place)


def test_points_are_where_they_were_and_say_what_they_said(tmp_path):
    x, y = np.array([inside(LEEDS, n / 10, 0.25) for n in range(10)]).T
    drawn, steps = writing.draw_points(x, y, LEEDS)
    one = {"name": 'Ä "x"', "size": 2.5, "count": -3, "lit": True, "none": None}
    says = {name: pa.array([value] * 10) for name, value in one.items()}
    says["on"] = pa.array([date(2026, 1, 5)] * 10)
    says["at"] = pa.array([datetime(2026, 1, 5, 9, tzinfo=UTC), *[None] * 9])
    features = [(n + 1, 1, step) for n, step in zip(drawn.tolist(), steps, strict=True)]
    said, shapes = read(writing.write("lamps", features, says), tmp_path, LEEDS)
    step = LEEDS.side_m / EXTENT
    assert np.abs(shapely.get_x(shapes) - x).max() <= step
    assert np.abs(shapely.get_y(shapes) - y).max() <= step
    assert said["name"] == ['Ä "x"'] * 10
    assert (said["size"][0], said["count"][0], said["lit"][0]) == (2.5, -3, 1)
    assert (said["on"][9], said["at"][:2]) == ("2026-01-05", ["2026-01-05T09:00:00Z", None])
    assert not any(said.get("none", []))


def test_what_lies_beyond_a_tile_or_nowhere_is_not_drawn():
    x, y = np.array([inside(LEEDS, *at) for at in ((0.5, 0.5), (1.01, 0.5), (1.5, 0.5))]).T
    x = np.append(x, np.inf)
    drawn, _ = writing.draw_points(x, np.append(y, np.inf), LEEDS)
    assert drawn.tolist() == [0, 1]
    assert writing.draw_shape(shapely.box(0, 0, 1, 1), LEEDS) is None
    assert writing.write("lamps", [], {}) == b""


def test_of_very_many_points_those_are_drawn_that_can_be_told_apart():
    generator = np.random.default_rng(3)
    x, y = np.array([inside(LEEDS, *at) for at in generator.random((30_000, 2))]).T
    drawn, _ = writing.draw_points(x, y, LEEDS)
    assert 10_000 < len(drawn) <= writing.MOST_FEATURES
    assert len(set(drawn.tolist())) == len(drawn)


def test_a_shape_is_cut_to_its_tile_and_a_hole_stays_a_hole(tmp_path):
    outer = shapely.box(*inside(LEEDS, -1, 0.9), *inside(LEEDS, 0.5, 0.1))
    hole = shapely.box(*inside(LEEDS, 0.1, 0.6), *inside(LEEDS, 0.3, 0.4))
    shape = shapely.difference(outer, hole)
    kind, steps = writing.draw_shape(shape, LEEDS)
    _, (found,) = read(
        writing.write("w", [(1, kind, steps)], {"a": pa.array([1])}), tmp_path, LEEDS
    )
    assert shapely.is_valid(found)
    assert shapely.area(found) == pytest.approx(
        shapely.area(shapely.clip_by_rect(shape, *_edges(LEEDS))), rel=1e-3
    )
    assert shapely.get_num_interior_rings(shapely.get_parts(found)).tolist() == [1]


def _edges(square):
    """The edges of a square: GDAL leaves its margin out."""
    return *inside(square, 0, 1), *inside(square, 1, 0)


def test_lines_and_dots_of_many_parts_are_drawn(tmp_path):
    line = shapely.MultiLineString(
        [
            [inside(LEEDS, 0.1, 0.1), inside(LEEDS, 0.9, 0.2)],
            [inside(LEEDS, 0.5, 0.5), inside(LEEDS, 2, 2)],
        ]
    )
    dots = shapely.MultiPoint([inside(LEEDS, 0.1, 0.1), inside(LEEDS, 0.2, 0.3)])
    features = [(n, *writing.draw_shape(shape, LEEDS)) for n, shape in enumerate((line, dots))]
    tile = writing.write("w", features, {"n": pa.array([1, 2])})
    _, (drawn, seen) = read(tile, tmp_path, LEEDS)
    assert shapely.get_num_geometries(drawn) == 2
    assert shapely.get_num_geometries(seen) == 2


POSITION = st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5))


@settings(max_examples=60)
@given(st.lists(POSITION, min_size=3, max_size=7))
def test_any_ring_is_drawn_or_left_out_even_one_that_crosses_itself(ring):
    shape = shapely.Polygon([inside(LEEDS, *at) for at in ring])
    drawn = writing.draw_shape(shape, LEEDS)
    assert drawn is None or drawn[0] in {1, 2, 3}


def test_a_whole_country_is_small_from_afar():
    angles = np.linspace(0, 2 * np.pi, 20_000)
    shape = metres(shapely.Polygon(np.column_stack([np.cos(angles) - 2, np.sin(angles) + 53])))
    _, near = writing.draw_shape(shape, Square(4, 7, 5))
    _, far = writing.draw_shape(shape, WHOLE)
    assert len(far) < len(near) < 1_000


def test_every_zoom_is_described():
    said = squares.describe_scheme()
    matrices = said["tileMatrices"]
    assert [one["id"] for one in matrices] == [str(n) for n in range(19)]
    assert matrices[1]["cellSize"] * 2 == matrices[0]["cellSize"]
