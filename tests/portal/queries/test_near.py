"""What is nearest is what a plain measuring of each thing says is nearest."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from moothall.portal.queries.near import lay_out
from moothall.values.facts import Fact, list_nearest
from moothall.values.places import Point

points = st.builds(Point, lon=st.floats(-2, -1), lat=st.floats(53, 54.5))
facts = st.lists(
    st.builds(Fact, label=st.text(max_size=3), point=st.none() | points), max_size=40
).map(tuple)


@given(facts, points, st.integers(0, 8), st.sampled_from([0, 800, 15_000, inf]))
def test_the_ground_says_what_measuring_each_thing_says(facts, here, most, within_m):
    found = lay_out(facts).nearest(here, most=most, within_m=within_m)
    plain = list_nearest(here, facts, most=most, within_m=within_m)

    assert [round(one.distance_m or 0, 3) for one in found] == [
        round(one.distance_m or 0, 3) for one in plain
    ]
    assert all(one.point is not None for one in found)
