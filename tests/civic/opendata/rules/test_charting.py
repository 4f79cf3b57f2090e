"""Where the marks of a chart stand, and in which spans of time it is drawn."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.civic.opendata.rules.charting import (
    KINDS,
    MOST_POINTS,
    Datum,
    choose_width,
    draw,
    list_offsets,
)

LONDON = ZoneInfo("Europe/London")
BEGIN = datetime(1990, 1, 1, tzinfo=UTC)
instants = st.integers(0, 45 * 365 * 86400).map(lambda n: BEGIN + timedelta(seconds=n))


@given(instants, instants)
def test_no_chart_of_time_has_more_points_than_there_is_room_for(one, other):
    first, last = sorted((one, other))
    assert (last - first) / choose_width(first, last) <= MOST_POINTS


@given(instants, st.integers(0, 3000), st.floats(0, 1))
def test_the_citys_clock_is_read_right_by_arithmetic(begin, days, share):
    first, last = begin, begin + timedelta(days=days)
    at = first + (last - first) * share
    micros = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    offsets = list_offsets(LONDON, first, last)
    ahead = next(ahead for until, ahead in offsets if micros < until)
    assert timedelta(microseconds=ahead) == at.astimezone(LONDON).utcoffset()


numbers = st.floats(-1e12, 1e12, allow_nan=False)


@given(st.lists(st.tuples(numbers, numbers, st.sampled_from("abc")), max_size=30))
def test_every_mark_stands_within_the_picture(points):
    data = [Datum(x=x, y=y, group=group) for x, y, group in points]
    for kind in KINDS[:3]:
        drawn = draw(kind, data)
        if not data:
            assert drawn is None
            continue
        for mark in drawn.marks:
            for x, y in mark.dots:
                assert -1 <= x <= drawn.width + 1
                assert -1 <= y <= drawn.height + 1
            for x, y, wide, tall in mark.bars:
                assert x >= -1
                assert x + wide <= drawn.width + 1
                assert 0 <= y <= y + tall <= drawn.height + 1


def test_a_line_is_broken_where_nothing_was_measured():
    day = timedelta(days=1)
    data = [Datum(x=BEGIN + n * day, y=n) for n in (0, 1, 2, 6, 7)]
    (mark,) = draw("line", data, step=day).marks
    assert len(mark.paths) == 2


def test_a_months_steps_are_no_gaps():
    data = [Datum(x=datetime(2026, month, 1, tzinfo=UTC), y=month) for month in range(1, 13)]
    (mark,) = draw("line", data, step=timedelta(days=28)).marks
    assert len(mark.paths) == 1


@pytest.mark.parametrize("value", [0.0, 5.0, -5.0])
def test_one_value_alone_can_be_drawn(value):
    assert draw("bar", [Datum(x="a", y=value)]).marks[0].bars
    assert draw("histogram", [Datum(x=(value, value), y=3)]).marks[0].bars
