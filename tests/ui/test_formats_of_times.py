"""Times as people read them, over the hour that comes twice."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from moothall.ui import formats

BEFORE = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def leeds(in_city):
    in_city("leeds")


def test_the_hour_that_comes_twice_is_told_apart_and_no_other_is():
    told = [formats.clock_time(BEFORE + n * HOUR) for n in (-1, 0, 1, 2)]
    assert told == [
        "25 October 2026, 12:30am",
        "25 October 2026, 1:30am BST",
        "25 October 2026, 1:30am GMT",
        "25 October 2026, 2:30am",
    ]
    assert formats.city_hour(datetime(2026, 3, 29, 1, 30, tzinfo=UTC)) == "2:30am"
    with translation.override("ur"):
        assert formats.city_hour(BEFORE) == "01:30 BST"


def test_two_moments_of_a_day_never_read_the_same():
    midnight = datetime(2026, 10, 24, 23, tzinfo=UTC)
    quarters = [midnight + n * HOUR / 4 for n in range(25 * 4)]
    assert {formats.city_day(at) for at in quarters} == {"25 October 2026"}
    assert len({formats.city_hour(at) for at in quarters}) == len(quarters)


def test_a_source_silent_since_then_says_since_which():
    assert formats.no_data_since(BEFORE, BEFORE + HOUR) == "no data since 01:30 BST"
    assert formats.no_data_since(BEFORE + HOUR, BEFORE + 30 * HOUR) == (
        "no data since 01:30 GMT on 25 October 2026"
    )
