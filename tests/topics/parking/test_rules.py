"""What a car park's numbers mean."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.parking import rules
from moothall.topics.parking.rules import Doubt, State
from moothall.values.observations import Quality

NOW = datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
COUNTS = st.none() | st.integers(-50, 3000)


def test_free_places_are_what_is_not_taken():
    reading = rules.assess_occupancy(capacity=577, occupied=61)

    assert (reading.free, reading.state, reading.doubts) == (516, State.SPACES, ())


@pytest.mark.parametrize(
    ("occupied", "state"),
    [(0, State.SPACES), (89, State.SPACES), (90, State.ALMOST_FULL), (100, State.FULL)],
)
def test_almost_full_begins_when_nine_tenths_are_taken(occupied, state):
    assert rules.assess_occupancy(capacity=100, occupied=occupied).state is state


def test_more_cars_than_places_is_full_and_doubted():
    reading = rules.assess_occupancy(capacity=100, occupied=104)

    assert (reading.occupied, reading.free, reading.state) == (104, 0, State.FULL)
    assert reading.doubts == (Doubt.OVER_CAPACITY,)
    assert reading.quality is Quality.SUSPECT


def test_a_negative_count_tells_nothing_of_free_places():
    reading = rules.assess_occupancy(capacity=100, occupied=-8)

    assert (reading.occupied, reading.free, reading.state) == (-8, None, State.UNKNOWN)
    assert reading.doubts == (Doubt.NEGATIVE,)


@pytest.mark.parametrize(
    ("hour", "capacity", "state"),
    [(10, 400, State.UNKNOWN), (3, 400, State.SPACES), (10, 20, State.SPACES)],
)
def test_a_zero_is_doubted_by_day_in_a_car_park_of_some_size(hour, capacity, state):
    reading = rules.assess_occupancy(capacity=capacity, occupied=0, local_hour=hour)

    assert reading.state is state
    assert (Doubt.EMPTY_BY_DAY in reading.doubts) == (state is State.UNKNOWN)


def test_a_closed_car_park_may_well_be_empty():
    reading = rules.assess_occupancy(
        capacity=400, occupied=0, words=("carParkClosed",), local_hour=12
    )

    assert (reading.state, reading.doubts) == (State.CLOSED, ())


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (("spacesAvailable", "open"), State.SPACES),
        (("closed", "spacesAvailable"), State.CLOSED),
        (("statusUnknown", "open"), State.UNKNOWN),
        (("Almost Full",), State.ALMOST_FULL),
        (("FAULTY",), State.FAULTY),
        (("Geöffnet",), None),
        ((), None),
    ],
)
def test_of_several_words_the_one_that_saves_a_wasted_trip_counts(words, state):
    assert rules.read_states(words) is state


def test_nothing_known_is_unknown_never_empty():
    reading = rules.assess_occupancy(capacity=None, occupied=None)

    assert (reading.state, reading.free, reading.occupied) == (State.UNKNOWN, None, None)


@given(COUNTS, COUNTS, COUNTS, st.none() | st.integers(0, 23))
def test_free_places_are_never_negative_and_unknown_is_never_made_up(capacity, taken, free, hour):
    reading = rules.assess_occupancy(
        capacity=capacity, occupied=taken, vacant=free, local_hour=hour
    )

    assert reading.free is None or reading.free >= 0
    if taken is None and free is None:
        assert (reading.free, reading.occupied, reading.state) == (None, None, State.UNKNOWN)
    if taken is not None:
        assert reading.occupied == taken


@pytest.mark.parametrize(
    ("ago", "current"),
    [(0, True), (30, True), (31, False), (60 * 24 * 365, False), (-1, True), (-10, False)],
)
def test_a_reading_is_current_for_half_an_hour(ago, current):
    assert rules.is_current(NOW - timedelta(minutes=ago), now=NOW) is current


def test_a_car_park_without_a_reading_is_not_current():
    assert not rules.is_current(None, now=NOW)
