"""Rows of any dataset: filtered, sorted and paged alike, and in pieces that fit in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from moothall.civic.opendata.queries import datasets, rows
from moothall.civic.opendata.rules import UnableToAnswer
from moothall.civic.opendata.rules.filtering import Filter, Order, Question
from moothall.values.places import Box

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LEEDS = Box(west=-1.8, south=53.7, east=-1.2, north=53.95)
SEA = Box(west=2.0, south=50.0, east=3.0, north=51.0)


def dataset(name):
    return datasets.get_dataset(name, NOON)


def read(name, **asked):
    return rows.read_rows(dataset(name), **asked)


def values(found, column="value"):
    return found.table[column].to_pylist()


def test_observations_come_newest_first_a_page_at_a_time(probes):
    first = read("probe.readings", limit=3)
    assert first.total == 97
    assert first.table["at"].to_pylist()[:2] == [NOON, NOON]
    assert [one.name for one in first.columns][-2:] == ["lon", "lat"]
    seen = [
        row
        for offset in range(0, 97, 10)
        for row in read("probe.readings", limit=10, offset=offset, columns=(rows.ROW,))
        .table[rows.ROW]
        .to_pylist()
    ]
    assert len(seen) == len(set(seen)) == 97


def test_what_lies_far_back_is_found_although_the_newest_is_looked_at_first(probes):
    old = Filter("value", "ge", 1.9)
    found = read("probe.readings", where=(old,), limit=4)
    assert values(found) == [1.9, 1.91, 1.92, 1.93]
    assert found.total == 6


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        (Filter("value", "eq", 1.0), 1),
        (Filter("value", "ne", 1.0), 96),
        (Filter("value", "lt", 1.1), 10),
        (Filter("value", "le", 1.1), 11),
        (Filter("value", "is_null", True), 1),
        (Filter("value", "in", (1.0, 1.5, 7)), 2),
        (Filter("thing", "contains", "RIVER"), 96),
        (Filter("thing", "starts", "state"), 1),
        (Filter("quality", "eq", "good"), 96),
        (Filter("at", "ge", NOON), 2),
        (Filter("at", "lt", NOON - timedelta(hours=23)), 3),
        (Filter("geometry", "within", LEEDS), 97),
        (Filter("geometry", "within", SEA), 0),
    ],
)
def test_each_way_to_ask_keeps_the_rows_it_says(probes, asked, count):
    found = read("probe.readings", where=(asked,))
    assert found.total == count
    assert found.table.num_rows == min(count, 100)


def test_records_are_filtered_by_word_place_and_the_instant_they_held(probes):
    assert values(read("probe.thing", words="ä thing"), "id") == ["a/1"]
    assert read("probe.thing", bbox=LEEDS).total == 2
    assert read("probe.thing", bbox=SEA).total == 0
    earlier = read("probe.thing", as_of=NOON - timedelta(minutes=90))
    assert values(earlier, "size") == [None, None]
    assert values(read("probe.thing"), "size") == [2.5, 2.5]


def test_what_is_missing_is_sorted_last_either_way(probes):
    for descending in (False, True):
        found = read("probe.readings", order=(Order("value", descending=descending),), limit=97)
        assert values(found)[-1] is None
        assert values(found)[:-1] == sorted(values(found)[:-1], reverse=descending)


def test_a_value_is_only_ever_a_value(probes):
    for text in ("' OR 1=1 --", '"; DROP TABLE x', "$1", "\\"):
        assert read("probe.thing", where=(Filter("name", "eq", text),)).total == 0
        assert read("probe.thing", words=text).total in {0, 1, 2}


def test_a_column_that_there_is_not_is_no_part_of_a_statement(probes):
    with pytest.raises(KeyError):
        read("probe.thing", where=(Filter('x" OR 1=1 --', "eq", "y"),))


def test_a_busy_day_is_read_minutes_at_a_time_and_each_row_once(probes, monkeypatch):
    monkeypatch.setattr(rows, "PIECE", 10)
    pieces = list(rows.stream_rows(dataset("probe.readings")))
    assert len(pieces) > 5
    table = pa.Table.from_batches(pieces)
    assert table.num_rows == 97
    assert values(rows.Rows(table=table, total=None, columns=()), "at") == sorted(
        table["at"].to_pylist()
    )


def test_a_download_is_filtered_and_sorted_as_a_page_is(probes, monkeypatch):
    asked = {"where": (Filter("value", "lt", 1.05),), "order": (Order("value"),)}
    found = pa.Table.from_batches(rows.stream_rows(dataset("probe.readings"), **asked))
    assert found["value"].to_pylist() == [1.0, 1.01, 1.02, 1.03, 1.04]
    monkeypatch.setattr(rows, "MOST_SORTED", 4)
    with pytest.raises(UnableToAnswer, match="sorted"):
        next(rows.stream_rows(dataset("probe.readings"), **asked))


def test_what_takes_too_long_is_given_up_with_a_sentence(probes, monkeypatch):
    monkeypatch.setattr(rows, "PATIENCE", timedelta(seconds=0.1))
    asking = rows.Asking(dataset("probe.readings"), Question())
    slow = "SELECT sum(a.range * b.range % 7) AS n FROM range(1000000) a, range(1000000) b"
    with pytest.raises(UnableToAnswer, match="too long"):
        asking.run(slow)


def test_a_dataset_without_rows_is_empty_however_deep_its_page(probes):
    empty = replace(
        dataset("probe.readings"), name="probe.none", rows=0, first_at=None, last_at=None
    )
    for order in ((), (Order("at"),)):
        assert rows.read_rows(empty, order=order, offset=99_000).table.num_rows == 0
    assert list(rows.stream_rows(empty)) == []
