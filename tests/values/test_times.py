"""Instants come in UTC, whatever was written."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.values.times import is_utc, parse_instant

LONDON = ZoneInfo("Europe/London")
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(st.datetimes(timezones=OFFSETS).filter(lambda at: 1800 < at.year < 9999))
def test_an_instant_written_anywhere_is_the_same_instant_in_utc(at):
    read = parse_instant(f" {at.isoformat()} ")

    assert read == at
    assert is_utc(read)
    assert read.tzinfo is UTC


def test_z_is_utc():
    assert parse_instant("2026-01-05T09:15:00Z") == datetime(2026, 1, 5, 9, 15, tzinfo=UTC)


def test_a_text_without_an_offset_needs_its_sources_zone():
    summer = parse_instant("2026-07-05T09:15:00", zone=LONDON)

    assert summer == datetime(2026, 7, 5, 8, 15, tzinfo=UTC)
    with pytest.raises(ValueError, match="without an offset"):
        parse_instant("2026-07-05T09:15:00")


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00Z"],
)
def test_what_is_no_instant_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - datetime's own words differ by version
        parse_instant(text)


def test_a_zone_with_no_offset_now_is_utc_but_one_without_zone_is_not():
    assert is_utc(datetime(2026, 1, 5, tzinfo=LONDON))
    assert not is_utc(datetime(2026, 7, 5, tzinfo=LONDON))
    assert not is_utc(datetime(2026, 1, 5))  # noqa: DTZ001 - none is what is tested
