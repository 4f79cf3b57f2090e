"""The Daily Air Quality Index, against the published table."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.air import rules
from moothall.topics.air.rules import Band, Missing, Pollutant

NOW = datetime(2026, 1, 5, 12, 20, tzinfo=UTC)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

# The published table, first and last whole concentration of each index.
PUBLISHED = {
    Pollutant.OZONE: "0-33 34-66 67-100 101-120 121-140 141-160 161-187 188-213 214-240 241-",
    Pollutant.NITROGEN_DIOXIDE: (
        "0-67 68-134 135-200 201-267 268-334 335-400 401-467 468-534 535-600 601-"
    ),
    Pollutant.SULPHUR_DIOXIDE: (
        "0-88 89-177 178-266 267-354 355-443 444-532 533-710 711-887 888-1064 1065-"
    ),
    Pollutant.PM2_5: "0-11 12-23 24-35 36-41 42-47 48-53 54-58 59-64 65-70 71-",
    Pollutant.PM10: "0-16 17-33 34-50 51-58 59-66 67-75 76-83 84-91 92-100 101-",
}
EDGES = [
    (pollutant, index, int(edge))
    for pollutant, row in PUBLISHED.items()
    for index, span in enumerate(row.split(), start=1)
    for edge in span.split("-")
    if edge
]

pollutants = st.sampled_from(sorted(Pollutant))
concentrations = st.floats(-20, 2000)


@pytest.mark.parametrize(("pollutant", "index", "edge"), EDGES)
def test_each_edge_of_the_published_table_has_its_index(pollutant, index, edge):
    assert rules.index_of(pollutant, edge) == index


@given(pollutants, concentrations, concentrations)
def test_more_of_a_pollutant_never_lowers_the_index(pollutant, one, other):
    lower, higher = sorted((one, other))

    assert rules.index_of(pollutant, lower) <= rules.index_of(pollutant, higher)


@given(pollutants, concentrations)
def test_the_index_is_from_1_to_10_and_has_a_band(pollutant, concentration):
    index = rules.index_of(pollutant, concentration)

    assert 1 <= index <= 10
    assert rules.band_of(index) in Band


def test_a_concentration_is_rounded_before_it_is_banded():
    assert rules.index_of(Pollutant.PM2_5, 35.49) == 3
    assert rules.index_of(Pollutant.PM2_5, 35.5) == 4
    assert rules.index_of(Pollutant.OZONE, 100.4999) == 3
    assert rules.index_of(Pollutant.OZONE, 100.5) == 4


def test_the_bands_are_low_to_3_moderate_to_6_high_to_9_and_very_high():
    bands = [rules.band_of(index) for index in range(1, 11)]

    assert bands == [Band.LOW] * 3 + [Band.MODERATE] * 3 + [Band.HIGH] * 3 + [Band.VERY_HIGH]
    for beyond in (0, 11):
        with pytest.raises(ValueError, match="from 1 to 10"):
            rules.band_of(beyond)


@pytest.mark.parametrize("nothing", [float("nan"), float("inf")])
def test_what_is_no_number_has_no_index(nothing):
    with pytest.raises(ValueError, match="finite"):
        rules.index_of(Pollutant.OZONE, nothing)


@pytest.mark.parametrize(("expected", "needed"), [(4, 3), (8, 6), (24, 18), (1, 1)])
def test_a_mean_needs_three_quarters_of_its_values(expected, needed):
    assert rules.captured_mean([10.0] * needed, expected=expected) == 10
    assert rules.captured_mean([10.0] * (needed - 1), expected=expected) is None


@given(st.lists(st.floats(0, 500), max_size=30), st.integers(1, 24))
def test_a_mean_is_of_enough_values_or_is_none(values, expected):
    mean = rules.captured_mean(values, expected=expected)
    enough = values and 0.75 * expected <= len(values) <= expected

    assert (mean is not None) == bool(enough)
    if mean is not None:
        assert min(values) - 1e-9 <= mean <= max(values) + 1e-9


def hours(count, value=40.0, until=NOON):
    return [(until - HOUR * (number + 1), value) for number in range(count)]


@pytest.mark.parametrize(
    ("pollutant", "count", "missing"),
    [
        (Pollutant.OZONE, 6, None),
        (Pollutant.OZONE, 5, Missing.CAPTURE),
        (Pollutant.PM2_5, 18, None),
        (Pollutant.PM2_5, 17, Missing.CAPTURE),
        (Pollutant.PM10, 17, Missing.CAPTURE),
        (Pollutant.NITROGEN_DIOXIDE, 1, None),
        (Pollutant.NITROGEN_DIOXIDE, 0, Missing.NO_DATA),
    ],
)
def test_too_few_hours_give_no_index_and_say_so(pollutant, count, missing):
    found = rules.assess_hours(pollutant, hours(count), now=NOW)

    assert found.missing is missing
    assert (found.index is None) == (missing is not None)


def test_ozone_is_the_mean_of_the_eight_hours_that_end_with_the_newest():
    values = [*hours(8, 100.0), *hours(12, 0.0, until=NOON - 8 * HOUR)]
    found = rules.assess_hours(Pollutant.OZONE, values, now=NOW)

    assert (found.concentration_ug_m3, found.index) == (100, 3)
    assert (found.from_at, found.until_at) == (NOON - 8 * HOUR, NOON)


def test_unrounded_hours_go_into_the_mean():
    values = [(NOON - HOUR * (n + 1), 35.4 if n % 2 else 35.6) for n in range(24)]

    assert rules.assess_hours(Pollutant.PM2_5, values, now=NOW).index == 4


def test_an_hourly_mean_of_sulphur_dioxide_has_no_index_since_it_could_hide_a_peak():
    found = rules.assess_hours(Pollutant.SULPHUR_DIOXIDE, hours(3, 20.0), now=NOW)

    assert (found.index, found.missing) == (None, Missing.AVERAGING)
    assert found.concentration_ug_m3 == 20


def test_old_hours_say_nothing_about_now_and_hours_to_come_do_not_count():
    old = hours(24, until=NOON - 7 * HOUR)
    assert rules.assess_hours(Pollutant.PM10, old, now=NOW).missing is Missing.STALE

    ahead = [(NOON + HOUR * number, 500.0) for number in range(5)]
    assert rules.assess_hours(Pollutant.OZONE, [*hours(8), *ahead], now=NOW).until_at == NOON


def test_an_hour_that_ended_six_hours_ago_still_counts_and_one_a_minute_older_does_not():
    six_ago = hours(24, until=NOON - 6 * HOUR)

    assert rules.assess_hours(Pollutant.PM10, six_ago, now=NOON).missing is None
    stale = rules.assess_hours(Pollutant.PM10, six_ago, now=NOON + timedelta(minutes=1))
    assert (stale.missing, stale.index) == (Missing.STALE, None)
    # Of what says nothing, nothing was counted.
    assert (stale.captured, stale.expected) == (0, 0)


def test_a_concentration_that_can_be_is_from_a_little_below_nothing_to_five_thousand():
    assert (rules.LEAST_UG_M3, rules.MOST_UG_M3) == (-20, 5_000)


def test_the_overall_index_is_the_highest_and_none_if_there_is_none():
    parts = [
        rules.assess_hours(Pollutant.OZONE, hours(8, 120.0), now=NOW),
        rules.assess_hours(Pollutant.NITROGEN_DIOXIDE, hours(1, 10.0), now=NOW),
        rules.assess_hours(Pollutant.PM2_5, hours(3), now=NOW),
    ]

    assert rules.overall_index(parts) == 4
    assert rules.overall_index(parts[2:]) is None
    assert rules.overall_index([]) is None
