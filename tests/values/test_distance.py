"""Distances between positions."""

from math import cos, degrees, radians, sin

from hypothesis import given
from hypothesis import strategies as st

from moothall.values.places import EARTH_RADIUS_M, Point, box_around

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


@given(
    st.floats(-179, 179),
    st.floats(-80, 80),
    st.floats(1, 20_000),
    st.floats(0, 360),
    st.floats(0, 1),
)
def test_a_box_around_a_point_holds_all_within_the_distance(lon, lat, radius, bearing, share):
    box = box_around(Point(lon=lon, lat=lat), radius)
    north = degrees(radius * share * cos(radians(bearing)) / EARTH_RADIUS_M)
    east = degrees(radius * share * sin(radians(bearing)) / EARTH_RADIUS_M) / cos(radians(lat))
    if not -180 <= lon + east <= 180:
        return
    there = Point(lon=lon + east, lat=lat + north)
    if there.distance_m(Point(lon=lon, lat=lat)) <= radius:
        assert box.holds(lon=there.lon, lat=there.lat)
