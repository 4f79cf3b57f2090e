"""Observations in columns are held to what one observation is held to, whichever way they come."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from tests.kernel.feeds.conftest import make_feed

from moothall.kernel.feeds import checks, messages
from moothall.kernel.registry import Feed
from moothall.values.observations import Batch, Series
from moothall.values.places import Box

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
LEEDS = Box(west=-1.81, south=53.69, east=-1.29, north=53.95)
INSIDE, OUTSIDE = "probe.near.state_n", "probe.far.state_n"


def a_series(key: str, lon: float) -> Series:
    return Series(
        key=key, title="", unit="1", observed_property="", thing="", lon=lon, lat=53.8
    )  # fmt: skip


def in_columns(*rows: tuple[str, datetime, float | None, str | None]) -> Batch:
    keys, instants, values, said = zip(*rows, strict=True)
    return Batch(
        series=(a_series(INSIDE, -1.5), a_series(OUTSIDE, 3.0)),
        table=pa.table(
            {
                "series": pa.array(keys).dictionary_encode(),
                "at": pa.array(instants, pa.timestamp("us", "UTC")),
                "value": pa.array(values, pa.float64()),
                "text": pa.array(said, pa.string()),
            }
        ),
    )


@pytest.fixture
def feed() -> Feed:
    def parse(payload, params):
        return in_columns((INSIDE, NOW, float(payload.body), None))

    return make_feed("https://example.org", parse=parse, kinds=())


def checked(feed: Feed, *rows: tuple[str, datetime, float | None, str | None]) -> Batch:
    return checks.check(in_columns(*rows), feed=feed, box=LEEDS, now=NOW)


def test_what_is_fit_stays_as_it_is(feed):
    batch = in_columns((INSIDE, NOW, 1.0, None), (INSIDE, NOW, None, "open"))
    batch = batch.__class__(series=batch.series[:1], table=batch.table)
    assert checks.check(batch, feed=feed, box=LEEDS, now=NOW) is batch


def test_rows_of_a_series_outside_the_city_are_left_out(feed):
    kept = checked(feed, (INSIDE, NOW, 1.0, None), (OUTSIDE, NOW, 2.0, None))
    assert kept.table["value"].to_pylist() == [1.0]
    assert [one.key for one in kept.series] == [INSIDE]
    assert [(issue.where, issue.what) for issue in kept.issues] == [
        (OUTSIDE, "lies outside the city")
    ]


def test_rows_measured_in_the_future_are_left_out_and_counted(feed):
    far = NOW + timedelta(days=400)
    kept = checked(
        feed, (INSIDE, NOW, 1.0, None), (INSIDE, far, 2.0, None), (INSIDE, far, 3.0, None)
    )
    assert kept.table["value"].to_pylist() == [1.0]
    future = [issue for issue in kept.issues if "future" in issue.what]
    assert len(future) == 1
    assert "2 rows" in future[0].what
    assert future[0].where == INSIDE


def test_texts_in_columns_are_made_fit(feed):
    kept = checked(
        feed,
        (INSIDE, NOW, None, "closed\u202e"),
        (INSIDE, NOW, 1.0, None),
        (INSIDE, NOW, None, "ok"),
    )
    assert kept.table["text"].to_pylist() == ["closed", None, "ok"]
    assert any(issue.what == "held what cannot be shown" for issue in kept.issues)


def test_messages_that_are_read_into_columns_are_kept_every_one(feed):
    whole = messages.parse_all(feed, [("a", b"1"), ("b", b"2"), ("c", b"x")], params={}, now=NOW)
    assert whole.table["value"].to_pylist() == [1.0, 2.0]
    assert [issue.where for issue in whole.issues] == ["c"]


def test_columns_that_differ_in_what_they_leave_out_are_put_together():
    from moothall.kernel.feeds import columnar

    plain = in_columns((INSIDE, NOW, 1.0, None)).table
    more = plain.drop_columns(["text"]).append_column("quality", pa.array([2], pa.int8()))
    whole = columnar.joined([plain, more])
    assert whole["quality"].to_pylist() == [0, 2]
    assert whole["text"].to_pylist() == [None, None]
    assert columnar.joined([]) is None


def test_messages_in_columns_reach_the_lake(lake, feed):
    whole = messages.parse_all(feed, [("a", b"1"), ("a", b"2")], params={}, now=NOW)
    fit = checks.check(whole, feed=feed, box=LEEDS, now=NOW)
    receipt = lake.append(fit, feed=feed.name, key="1", now=NOW)
    assert (receipt.observations, receipt.duplicates) == (1, 1)
    assert lake.find_latest(INSIDE).observation.result == 2.0
