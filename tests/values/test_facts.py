"""Facts on the map and near a point."""

from hypothesis import given
from hypothesis import strategies as st

from moothall.values.facts import Fact, State, list_nearest, mark_facts
from moothall.values.observations import Origin
from moothall.values.places import Point

HERE = Point(lon=-1.5, lat=53.8)
POINTS = st.builds(Point, lon=st.floats(-2, -1), lat=st.floats(53, 54))
FACTS = st.lists(st.builds(Fact, label=st.text(max_size=5), point=st.none() | POINTS), max_size=8)


@given(FACTS, st.integers(0, 5), st.floats(0, 100_000))
def test_the_nearest_come_first_and_none_further_than_asked(facts, most, within_m):
    found = list_nearest(HERE, facts, most=most, within_m=within_m)

    away = [fact.distance_m for fact in found]
    assert away == sorted(away)
    assert len(found) == min(
        most,
        sum(fact.point is not None and HERE.distance_m(fact.point) <= within_m for fact in facts),
    )


def test_a_mark_says_what_its_fact_says_and_where_it_comes_from():
    fact = Fact(
        label="Crown Point",
        value="0.66",
        unit="m",
        words="normal",
        state=State.GOOD,
        point=HERE,
        url="/x/",
        origin=Origin.REPLAYED,
    )

    (mark,) = mark_facts([("a", fact), ("b", Fact(label="nowhere", value="1"))])

    assert (mark.id, mark.title, mark.words) == ("a", "Crown Point", "0.66 m, normal")
    assert (mark.state, mark.url, mark.origin) == (State.GOOD, "/x/", Origin.REPLAYED)


def test_a_mark_without_a_value_has_its_words_alone():
    (mark,) = mark_facts([("a", Fact(label="x", words="no data since 14:05", point=HERE))])

    assert mark.words == "no data since 14:05"
