"""Rows in pieces that fit in memory, however busy a day was."""

from datetime import UTC, datetime, timedelta

from moothall.civic.opendata.queries import rows
from moothall.civic.opendata.rules import EARLIEST, LATEST
from moothall.values.observations import Batch, Observation, Series

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_a_busy_day_is_read_minutes_at_a_time_and_each_row_once(lake, monkeypatch):
    monkeypatch.setattr(rows, "PIECE", 10)
    series = Series(
        key="probe.aire.level_m", title="Aire", unit="m", observed_property="level", thing="aire"
    )
    seen = tuple(
        Observation(series=series.key, at=NOON + timedelta(minutes=n), result=float(n))
        for n in range(100)
    )
    lake.append(
        Batch(observations=seen, series=(series,)), feed="probe.readings", key="a", now=NOON
    )
    spans = list(rows._spans("probe.readings", EARLIEST, LATEST))
    assert len(spans) == 10
    held = [sum(begin <= observation.at < end for observation in seen) for begin, end in spans]
    assert held == [10] * 10
