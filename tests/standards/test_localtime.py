"""Local times without an offset."""

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards.localtime import NEVER, LocalClock, LocalDays

LONDON = ZoneInfo("Europe/London")


def test_summer_time_is_an_hour_ahead():
    clock = LocalClock(LONDON)

    assert clock.read("2016-07-04 07:59:42")[0] == datetime(2016, 7, 4, 6, 59, 42, tzinfo=UTC)
    assert clock.read("2016-12-04 07:59:42")[0] == datetime(2016, 12, 4, 7, 59, 42, tzinfo=UTC)


def test_the_autumn_hour_is_read_first_as_summer_then_as_winter():
    clock = LocalClock(LONDON)

    first, _ = clock.read("2016-10-30 01:40:00")
    second, _ = clock.read("2016-10-30 01:10:00", after=first)

    assert first == datetime(2016, 10, 30, 0, 40, tzinfo=UTC)
    assert second == datetime(2016, 10, 30, 1, 10, tzinfo=UTC)


def test_a_time_the_clocks_went_over_is_said_not_to_have_happened():
    assert LocalClock(LONDON).read("2016-03-27 01:30:00") == (
        datetime(2016, 3, 27, 1, 30, tzinfo=UTC),
        False,
    )
    assert LocalClock(LONDON).read("2016-03-27 02:30:00")[1]


def test_a_pattern_reads_other_ways_of_writing():
    clock = LocalClock(LONDON, pattern="%d/%m/%Y %H:%M")

    assert clock.read("05/01/2026 09:15")[0] == datetime(2026, 1, 5, 9, 15, tzinfo=UTC)


def test_an_offset_in_the_text_is_believed():
    at, _ = LocalClock(LONDON).read("2026-07-05T09:15:00+02:00")

    assert at == datetime(2026, 7, 5, 7, 15, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "9999-12-31T23:59:59-14:00"])
def test_no_time_is_a_value_error(text):
    with pytest.raises(ValueError, match=text):
        LocalClock(LONDON).read(text)


@given(st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2040-01-01")))
def test_it_agrees_with_the_time_zone_database(naive):
    at, _ = LocalClock(LONDON).read(naive.isoformat())

    assert at == naive.replace(tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [((2026, 10, 25), 25), ((2027, 3, 28), 23), ((2026, 7, 1), 24)]
)
def test_the_hours_of_a_day_are_as_many_as_its_clock_says(day, hours):
    of_the_day = [one for one in LocalDays(LONDON).of(date(*day)) if one[2] != NEVER]

    assert sum(until - at for at, until, _ in of_the_day) == hours * 3_600_000_000
    assert all(first[1] == then[0] for first, then in pairwise(of_the_day))


@pytest.mark.parametrize(
    "text", ["2026-02-30", "0001-01-01", "1799-12-31", "9999-12-31", "", "wet"]
)
def test_what_is_no_day_that_can_be_is_none(text):
    assert LocalDays(LONDON).day(text) is None


def test_a_local_time_before_anything_was_measured_is_refused():
    with pytest.raises(ValueError, match="before anything"):
        LocalClock(LONDON).read("0001-01-01 00:00:00")
