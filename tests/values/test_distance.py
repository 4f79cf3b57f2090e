"""Distances between positions."""

from hypothesis import given
from hypothesis import strategies as st

from moothall.values.places import Point

points = st.builds(Point, lon=st.floats(-180, 180), lat=st.floats(-90, 90))


def test_leeds_and_leicester_town_halls_are_about_130_kilometres_apart():
    leeds = Point(lon=-1.5491, lat=53.7999)
    leicester = Point(lon=-1.1306, lat=52.6341)

    assert 130_000 < leeds.distance_m(leicester) < 134_000


@given(points, points)
def test_a_distance_is_the_same_both_ways_and_never_more_than_half_the_globe(one, other):
    there = one.distance_m(other)

    assert abs(there - other.distance_m(one)) < 1e-3
    assert 0 <= there <= 20_016_000
    assert one.distance_m(one) == 0
