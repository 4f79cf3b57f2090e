"""What a carbon intensity means, and which hours are cleanest."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.energy import rules
from moothall.values.facts import State

NOW = datetime(2026, 1, 5, 9, 10, tzinfo=UTC)
FIRST = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
TWO_HOURS = timedelta(hours=2)


def ahead(*values, first=FIRST):
    return [(first + rules.HALF_HOUR * number, value) for number, value in enumerate(values)]


def test_the_publishers_word_gives_the_state_and_an_unheard_of_one_gives_none():
    assert rules.assess_index("very low", current=True) is State.GOOD
    assert rules.assess_index("moderate", current=True) is State.NEUTRAL
    assert rules.assess_index("very high", current=True) is State.WATCH
    assert rules.assess_index("splendid", current=True) is State.UNKNOWN
    assert rules.assess_index(None, current=True) is State.UNKNOWN
    assert rules.assess_index("low", current=False) is State.UNKNOWN


def test_the_cleanest_two_hours_are_found_and_the_earliest_of_equals():
    window = rules.find_cleanest(
        ahead(200, 100, 90, 90, 100, 100, 90, 90, 100), length=TWO_HOURS, now=NOW
    )

    assert window.from_at == FIRST + rules.HALF_HOUR
    assert window.until_at - window.from_at == TWO_HOURS
    assert window.mean_g_kwh == 95


def test_half_hours_already_begun_do_not_count():
    begun = ahead(1, 1, 200, 200, 200, 200, first=FIRST - 2 * rules.HALF_HOUR)

    assert rules.find_cleanest(begun, length=TWO_HOURS, now=NOW).mean_g_kwh == 200


def test_no_span_is_made_across_a_gap():
    gap = [*ahead(100, 100), *ahead(100, 100, first=FIRST + timedelta(hours=3))]

    assert rules.find_cleanest(gap, length=TWO_HOURS, now=NOW) is None
    assert rules.find_cleanest([], length=TWO_HOURS, now=NOW) is None


@given(st.lists(st.floats(0, 600), min_size=4, max_size=48))
def test_no_other_span_is_cleaner(values):
    window = rules.find_cleanest(ahead(*values), length=TWO_HOURS, now=NOW)
    means = [sum(values[at : at + 4]) / 4 for at in range(len(values) - 3)]

    assert abs(window.mean_g_kwh - min(means)) < 1e-6


def test_a_half_hour_speaks_for_now_until_an_hour_after_its_end():
    assert rules.is_current(NOW - timedelta(minutes=60), NOW)
    assert not rules.is_current(NOW - timedelta(minutes=61), NOW)
    assert not rules.is_current(None, NOW)


def test_each_of_the_publishers_words_has_its_state():
    words = ("very low", "low", "moderate", "high", "very high")
    states = [rules.assess_index(word, current=True) for word in words]
    assert states == [State.GOOD, State.GOOD, State.NEUTRAL, State.WATCH, State.WATCH]


def test_the_regions_are_numbered_as_the_publisher_numbers_them():
    # Great Britain's 14 distribution areas by their number, then its countries.
    areas = [
        ("North Scotland", "South Scotland"),
        ("North West England", "North East England", "Yorkshire"),
        ("North Wales", "South Wales"),
        ("West Midlands", "East Midlands", "East England"),
        ("South West England", "South England", "London", "South East England"),
        ("England", "Scotland", "Wales"),
    ]
    names = [name for some in areas for name in some]

    assert dict(enumerate(names, start=1)) == rules.REGIONS


def test_no_electricity_is_dirtier_than_brown_coal_and_no_share_is_more_than_all():
    assert rules.MOST_G_KWH == 1_500
    # Shares come with one decimal: rounded up, all of it may be 100.5, and never 101.
    assert 100 < rules.MOST_PERCENT < 101
