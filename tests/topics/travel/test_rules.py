"""What the facts of getting around mean."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.travel import rules

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
AGES = st.none() | st.integers(-1000, 1000)


@dataclass(frozen=True)
class Seen:
    vehicle_id: str
    at: datetime | None
    entity_id: str = ""


@pytest.mark.parametrize(
    ("age_s", "live"), [(0, True), (299, True), (300, False), (-60, True), (-61, False)]
)
def test_a_position_is_live_for_less_than_300_seconds(age_s, live):
    assert rules.is_live(NOW - timedelta(seconds=age_s), now=NOW) is live


def test_a_position_without_a_time_is_not_live_nor_from_the_future():
    assert not rules.is_live(None, now=NOW)
    assert not rules.is_from_the_future(None, now=NOW)


@given(st.lists(st.tuples(st.sampled_from("ab"), AGES), max_size=8))
def test_of_each_vehicle_the_newest_position_is_kept(told):
    seen = [Seen(name, None if age is None else NOW + timedelta(seconds=age)) for name, age in told]

    kept = rules.keep_newest(seen)

    assert {one.vehicle_id for one in kept} == {one.vehicle_id for one in seen}
    assert len(kept) == len({one.vehicle_id for one in kept})
    for one in kept:
        times = [other.at for other in seen if other.vehicle_id == one.vehicle_id and other.at]
        assert one.at == max(times, default=None)


@pytest.mark.parametrize(
    ("vehicle", "operator"),
    [("FLDS-35230", "FLDS"), ("FLD-1", ""), ("flds-1", ""), ("FLDS-", ""), ("35230", "")],
)
def test_an_operator_is_read_from_four_capitals(vehicle, operator):
    assert rules.read_operator(vehicle) == operator


@pytest.mark.parametrize(
    ("restricted", "where", "access"),
    [
        (False, "On-street", "public"),
        (None, "On-street", None),
        (True, "Retail car park", "restricted"),
        (False, "Retail car park", "customers"),
        (False, "Private home", "restricted"),
    ],
)
def test_who_may_charge_is_not_guessed(restricted, where, access):
    assert rules.describe_access(restricted=restricted, location_type=where) == access


def test_rapid_begins_at_50_kw_and_unknown_power_is_neither():
    assert [rules.is_rapid(kw) for kw in (49.9, 50.0, None)] == [False, True, None]


def test_names_sort_as_people_count():
    names = ["22A", "10", "2", "22", "X1"]
    assert sorted(names, key=rules.in_human_order) == ["2", "10", "22", "22A", "X1"]


@given(st.text(max_size=9), st.text(max_size=9))
def test_any_two_names_can_be_put_in_order(one, other):
    assert sorted([one, other], key=rules.in_human_order)


@pytest.mark.parametrize(
    ("installed", "renting", "returning", "words"),
    [
        (False, True, True, "not installed"),
        (True, False, False, "neither renting nor returning"),
        (True, False, True, "not renting"),
        (True, True, False, "not returning"),
        (True, True, None, "renting"),
        (None, None, None, None),
    ],
)
def test_what_a_station_says_nothing_of_is_not_said(installed, renting, returning, words):
    told = {"installed": installed, "renting": renting, "returning": returning}
    assert rules.describe_station(**told) == words


def test_more_bikes_and_docks_than_a_station_holds_cannot_be():
    assert rules.is_count_possible(capacity=10, bikes=4, docks=6)
    assert not rules.is_count_possible(capacity=10, bikes=5, docks=6)
    assert rules.is_count_possible(capacity=None, bikes=99, docks=99)


@pytest.mark.parametrize(
    ("age_s", "current"), [(0, True), (900, True), (901, False), (-60, True), (-61, False)]
)
def test_a_count_of_hire_bikes_is_current_for_a_quarter_of_an_hour(age_s, current):
    assert rules.are_bikes_current(NOW - timedelta(seconds=age_s), now=NOW) is current
    assert not rules.are_bikes_current(None, now=NOW)


def test_a_time_is_from_the_future_when_it_is_more_than_a_minute_ahead():
    assert not rules.is_from_the_future(NOW + timedelta(seconds=60), now=NOW)
    assert rules.is_from_the_future(NOW + timedelta(seconds=61), now=NOW)
