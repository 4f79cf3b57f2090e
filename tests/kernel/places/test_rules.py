"""Postcodes are read as people write them, and cells part a city without gap or overlap."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from moothall.kernel.places import rules
from moothall.values.places import Point


@pytest.mark.parametrize(
    ("text", "postcode"),
    [
        ("le1 1fz", "LE1 1FZ"),
        ("LE11FZ", "LE1 1FZ"),
        ("  Ls 1\t1ur ", "LS1 1UR"),
        ("ec1a 1bb", "EC1A 1BB"),
        ("W1A 0AX", "W1A 0AX"),
        ("m1 1ae", "M1 1AE"),
        ("B33 8TH", "B33 8TH"),
        ("DN55 1PT", "DN55 1PT"),
    ],
)
def test_a_postcode_is_read_however_it_is_spaced(text, postcode):
    assert rules.read_postcode(text) == postcode


@pytest.mark.parametrize(
    "text", ["", "   ", "LE1", "LE1 1", "City Hall", "LE1 1CI", "Q1 1AA", "LE1 1FZ" * 400, "ＬＥ"]
)
def test_what_is_no_postcode_is_refused_with_words_for_a_person(text):
    with pytest.raises(rules.UnableToReadPostcode, match="Enter a"):
        rules.read_postcode(text)


@given(st.text())
def test_reading_what_was_read_changes_nothing(text):
    try:
        postcode = rules.read_postcode(text)
    except rules.UnableToReadPostcode:
        return
    assert rules.read_postcode(postcode) == postcode
    assert " " not in rules.postcode_id(postcode)


CITY = shapely.box(-1.6, 53.7, -1.3, 53.9)
CENTRES = st.lists(
    st.tuples(st.integers(0, 290), st.integers(0, 190)), min_size=1, max_size=12, unique=True
).map(lambda pairs: [Point(lon=-1.595 + x / 1000, lat=53.705 + y / 1000) for x, y in pairs])


@given(CENTRES)
def test_cells_cover_the_city_once_and_hold_their_own_centres(centres):
    cells = rules.cells_round(centres, CITY)
    assert len(cells) == len(centres)
    assert sum(cell.area for cell in cells) == pytest.approx(CITY.area, rel=1e-6)
    assert shapely.union_all(cells).area == pytest.approx(CITY.area, rel=1e-6)
    for cell, centre in zip(cells, centres, strict=True):
        assert shapely.distance(cell, shapely.points(centre.lon, centre.lat)) < 1e-9


def test_two_centres_on_one_point_are_refused():
    with pytest.raises(ValueError, match="one point"):
        rules.cells_round([Point(lon=-1.5, lat=53.8)] * 2, CITY)


def test_a_geometry_survives_being_read_and_written():
    written = rules.write_geometry(CITY)
    assert rules.read_geometry(written).equals(CITY)
    with pytest.raises(ValueError, match="GeoJSON"):
        rules.read_geometry({"type": "Teapot"})
