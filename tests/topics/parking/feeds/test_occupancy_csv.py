"""Car parks as a CSV file."""

import csv
import gzip
import io
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.parking.feeds import occupancy_csv
from moothall.values.observations import Batch, Origin, Quality
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("occupancy_csv.csv").read_bytes()
NOW = datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
PARAMS = {
    "city": {"time_zone": "Europe/London"},
    "car_park": [
        {"id": "market", "code": "MKT01", "name": "Market", "lon": -1.5, "lat": 53.8},
        {"id": "north", "code": "NORTH", "name": "North", "capacity": 100},
    ],
}


def read(body: bytes, params=PARAMS) -> Batch:
    payload = Payload(body=body, request=Request(url="https://example.org"), fetched_at=NOW)
    return occupancy_csv.parse(payload, params)


def rows(batch: Batch) -> list[dict]:
    return batch.table.to_pylist() if batch.table is not None else []


def told(batch: Batch, series: str) -> list[tuple]:
    return [
        (row["at"], row["text"] if row["value"] is None else row["value"], Quality(row["quality"]))
        for row in rows(batch)
        if row["series"] == series
    ]


def test_local_times_become_instants_and_counts_become_places_free():
    batch = read(BODY)

    assert told(batch, "parking.market.spaces_free_1")[0] == (
        datetime(2016, 10, 4, 6, 59, 42, tzinfo=UTC),
        516,
        Quality.UNCHECKED,
    )
    assert batch.as_of == datetime(2016, 10, 4, 10, 25, 42, tzinfo=UTC)


def test_the_same_row_twice_is_once_and_a_contradiction_is_an_issue():
    batch = read(BODY)

    assert [value for _, value, _ in told(batch, "parking.market.occupied_1")] == [61, 70]
    assert ("line 5", "the same car park and time again, with other counts") in {
        (issue.where, issue.what) for issue in batch.issues
    }


def test_counts_that_cannot_be_are_kept_as_suspect_and_are_issues():
    batch = read(BODY)

    assert [item[1:] for item in told(batch, "parking.nor.occupied_1")] == [
        (604, Quality.SUSPECT),
        (-8, Quality.SUSPECT),
        (0, Quality.SUSPECT),
    ]
    assert [item[1] for item in told(batch, "parking.nor.state")] == ["full", "unknown", "unknown"]
    assert {issue.where for issue in batch.issues} >= {"line 6", "line 7", "line 8"}


def test_rows_that_cannot_be_read_are_issues_with_the_row():
    said = {issue.where: issue for issue in read(BODY).issues}

    assert "twelve" in said["line 9"].item
    assert said["line 10"].what == "a row without a car park"
    assert said["line 11"].what == "a time in the future"
    assert "yesterday" in said["line 12"].what


def test_the_pack_names_and_places_a_car_park():
    records = {record.id: record for record in read(BODY).records}

    assert records["market"].fields == {"name": "Market", "capacity": 577, "operator": None}
    assert records["market"].geometry == {"type": "Point", "coordinates": [-1.5, 53.8]}
    assert records["NOR"].fields["name"] == "NOR"
    assert records["NOR"].geometry is None


def test_the_pack_says_which_column_is_which():
    body = "Parkhaus;Frei;Zeit;Status\nNORTH;12;05.01.2026 09:00;\nNORTH;;05.01.2026 09:05;faulty\n"
    params = PARAMS | {
        "delimiter": ";",
        "time_pattern": "%d.%m.%Y %H:%M",
        "columns": {"id": "Parkhaus", "free": "Frei", "at": "Zeit", "state": "Status"},
    }

    batch = read(body.encode(), params)

    assert [item[1] for item in told(batch, "parking.north.spaces_free_1")] == [12]
    assert [item[1] for item in told(batch, "parking.north.occupied_1")] == [88]
    assert [item[1] for item in told(batch, "parking.north.state")] == ["spaces", "faulty"]


def test_every_series_of_the_table_is_declared():
    batch = read(BODY)

    assert {row["series"] for row in rows(batch)} <= {line.key for line in batch.series}


@pytest.mark.parametrize("body", [b"", b"a,b\n1,2\n", b"\x00\x01", b"<html></html>"])
def test_a_file_without_the_columns_is_refused(body):
    with pytest.raises(ValueError, match="no columns"):
        read(body)


def test_a_row_that_cannot_be_read_loses_neither_those_before_it_nor_those_after_it():
    heading, first, *others = BODY.splitlines(keepends=True)
    batch = read(b"".join([heading, first, b'MKT01,577,"', b"x" * 200_000, b"\n", *others]))

    assert [value for _, value, _ in told(batch, "parking.market.occupied_1")] == [61, 70]
    assert batch.issues[-1].where == "line 3"
    assert "field larger" in batch.issues[-1].what


CELLS = st.text(max_size=12) | st.sampled_from(["MKT01", "577", "61", "-3", "2016-10-04 07:59:42"])


@given(st.lists(st.lists(CELLS, max_size=6), max_size=8))
def test_bad_rows_never_lose_the_good_one(cells):
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(["SystemCodeNumber", "Capacity", "Occupancy", "LastUpdated"])
    writer.writerows(cells)
    writer.writerow(["GOOD", "10", "4", "2020-01-01 00:00:00"])

    batch = read(held.getvalue().encode("utf-8", "replace"))

    assert 4 in [value for _, value, _ in told(batch, "parking.good.occupied_1")]


def test_simulated_occupancy_is_labelled_and_a_size_is_only_assumed_for_the_show():
    batch = occupancy_csv.simulate(PARAMS, NOW)

    assert {record.origin for record in batch.records} == {Origin.SIMULATED}
    assert {item.origin for item in batch.observations} == {Origin.SIMULATED}
    assert [record.fields["capacity"] for record in batch.records] == [None, 100]
    assert {item.series for item in batch.observations} == {line.key for line in batch.series}


@pytest.mark.recordings
def test_birminghams_odd_rows_are_issues_not_losses(recordings):
    body = gzip.decompress(
        (recordings / "transport" / "parking" / "birmingham_uci_2016.csv.gz").read_bytes()
    )
    real = list(csv.DictReader(io.StringIO(body.decode())))
    over = sum(int(row["Occupancy"]) > int(row["Capacity"]) for row in real)
    negative = sum(int(row["Occupancy"]) < 0 for row in real)
    moments = {(row["SystemCodeNumber"], row["LastUpdated"]) for row in real}
    assert (len(real), over, negative) == (35717, 373, 12)

    batch = read(body, {"city": {"time_zone": "Europe/London"}})

    what = Counter(issue.what for issue in batch.issues)
    assert what["more cars than places"] == 373
    assert what["a negative count"] == 12
    kept = batch.table.column("series").to_pylist()
    assert sum(key.endswith(".occupied_1") for key in kept) == len(moments)
    assert len(batch.records) == 30
