"""Spans of time, texts that are safe to open, and lines that show no more than was measured."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from moothall.civic.opendata import rules
from moothall.civic.opendata.rules import UnableToAnswer

LONDON = ZoneInfo("Europe/London")
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)


def test_a_day_begins_when_it_begins_in_the_city():
    window = rules.read_window("2026-07-01", "2026-07-02", LONDON)
    assert window.from_at == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert window.until_at == datetime(2026, 7, 1, 23, tzinfo=UTC)


def test_an_offset_whose_plus_became_a_space_is_still_read():
    assert rules.read_instant("from", "2026-07-01T10:00:00 01:00", LONDON) == datetime(
        2026, 7, 1, 9, tzinfo=UTC
    )


@given(st.text(max_size=50))
def test_any_text_is_an_instant_nothing_or_refused_by_name(text):
    try:
        found = rules.read_instant("from", text, LONDON)
    except UnableToAnswer as fault:
        found = fault
    assert found is None or isinstance(found, datetime) or found.parameter == "from"


def test_a_gap_breaks_the_line():
    readings = [(BEGIN + timedelta(minutes=15 * n), float(n)) for n in (*range(10), *range(40, 50))]
    assert len(rules.draw(readings, zone=LONDON).paths) == 2


def test_one_reading_is_no_line():
    assert rules.draw([(BEGIN, 1.0)], zone=LONDON) is None


def test_a_peak_is_not_lost_when_a_line_is_thinned():
    readings = [(BEGIN + timedelta(minutes=n), 1.0) for n in range(20_000)]
    readings[12_345] = (readings[12_345][0], 9.0)
    chart = rules.draw(readings, zone=LONDON)
    heights = [float(p.split()[1]) for path in chart.paths for p in path[1:].split("L")]
    assert min(heights) < chart.height * 0.2
    assert len(heights) <= 1000


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**6), st.floats(-1e12, 1e12, allow_nan=False, allow_infinity=False)
        ),
        min_size=2,
        max_size=50,
        unique_by=lambda reading: reading[0],
    )
)
def test_every_line_lies_in_its_box(found):
    readings = sorted((BEGIN + timedelta(seconds=second), value) for second, value in found)
    chart = rules.draw(readings, zone=LONDON)
    places = [
        tuple(map(float, p.split())) for path in chart.paths for p in path[1:].split("L")
    ] + list(chart.points)
    assert places
    assert all(-1 <= x <= chart.width + 1 and -1 <= y <= chart.height + 1 for x, y in places)
    assert 2 <= len(chart.up) <= 12
