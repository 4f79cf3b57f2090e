"""Where things stand on a map of a dataset."""

from hypothesis import given
from hypothesis import strategies as st

from moothall.civic.opendata.rules.placing import lay_out

degrees = st.tuples(st.floats(-2, -1), st.floats(53, 54))
GROUND = {
    "type": "Polygon",
    "coordinates": [[[-1.8, 53.7], [-1.2, 53.7], [-1.2, 53.9], [-1.8, 53.7]]],
}


@given(st.lists(degrees, min_size=1, max_size=20), st.booleans())
def test_all_places_stand_on_the_sheet_and_north_is_up(points, grounded):
    shown = [{"type": "Point", "coordinates": list(point)} for point in points]
    sheet = lay_out([GROUND] if grounded else [], shown)
    for (_lon, lat), (x, y) in zip(points, sheet.dots, strict=True):
        assert 0 <= x <= sheet.width
        assert 0 <= y <= sheet.height
        for (_, other), (_, other_y) in zip(points, sheet.dots, strict=True):
            assert (lat <= other) or (y <= other_y)


def test_every_kind_of_geometry_is_drawn():
    ring = GROUND["coordinates"][0]
    shown = [
        GROUND,
        {"type": "MultiPolygon", "coordinates": [[ring], [ring]]},
        {"type": "MultiPoint", "coordinates": ring},
        {"type": "GeometryCollection", "geometries": [{"type": "LineString", "coordinates": ring}]},
        {"type": "Point", "coordinates": []},
    ]
    sheet = lay_out([], shown)
    assert (len(sheet.areas), len(sheet.dots), len(sheet.ways)) == (3, 4, 1)


def test_nothing_is_no_map():
    assert lay_out([], []) is None
