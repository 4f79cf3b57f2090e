"""Cycle and footfall counters."""

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.travel.feeds import counters
from moothall.values.observations import Batch, Origin, Quality
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("counters.zip").read_bytes()
NOW = datetime(2024, 1, 22, tzinfo=UTC)
LEEDS = {
    "city": {
        "time_zone": "Europe/London",
        "box": {"west": -1.801, "south": 53.698, "east": -1.290, "north": 53.946},
    },
    "history_days": 500,
}
HEAD = "Date," + ",".join(f"{hour:02}:00" for hour in range(24))


def read(body: bytes, params=LEEDS) -> Batch:
    payload = Payload(body=body, request=Request(url="https://example.org"), fetched_at=NOW)
    return counters.parse(payload, params)


def told(batch: Batch, lane: str) -> list[tuple]:
    key = f"travel.counter_{lane}.hourly_count_1"
    mine = pc.equal(batch.table["series"].cast(pa.string()), key)
    return [
        (row["at"], row["until"], row["value"], Quality(row["quality"]))
        for row in batch.table.filter(mine).to_pylist()
    ]


def zip_of(**files: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", "-") + ".csv", text)
    return held.getvalue()


def test_a_summers_hour_begins_an_hour_earlier_in_utc():
    first = next(row for row in told(read(BODY), "cycle_100122_1") if row[2] == 11)

    assert first == (
        datetime(2023, 7, 3, 6, tzinfo=UTC),
        datetime(2023, 7, 3, 7, tzinfo=UTC),
        11,
        Quality.UNCHECKED,
    )


def test_a_count_in_the_hour_that_spring_leaves_out_is_an_issue_not_a_count():
    batch = read(BODY)
    night = [row for row in told(batch, "cycle_100122_1") if row[0].month == 3]

    assert [(row[0].hour, row[2]) for row in night] == [(0, 1), (1, 3)]
    assert any("2023-03-26: the clocks went over" in issue.what for issue in batch.issues)


def test_the_hour_that_autumn_has_twice_stands_for_two_hours_and_is_suspect():
    night = told(read(BODY), "footfall_1_1")[:3]

    assert [(row[0].day, row[0].hour, row[1] - row[0], row[2], row[3]) for row in night] == [
        (29, 23, timedelta(hours=1), 1569, Quality.UNCHECKED),
        (30, 0, timedelta(hours=2), 1464, Quality.SUSPECT),
        (30, 2, timedelta(hours=1), 1141, Quality.UNCHECKED),
    ]


def test_hours_of_one_lane_never_overlap():
    for lane in ("cycle_100122_1", "footfall_1_1"):
        rows = told(read(BODY), lane)
        assert all(before[1] <= after[0] for before, after in pairwise(rows))


def test_a_zero_is_a_count_and_a_blank_is_none():
    last = told(read(BODY), "footfall_1_1")[-1]

    assert (last[0], last[2]) == (datetime(2023, 7, 3, 23, tzinfo=UTC), 0)
    assert len(told(read(BODY), "cycle_100122_2")) == 1


def test_days_older_than_the_pack_keeps_are_left_out():
    assert min(row[0].year for row in told(read(BODY), "cycle_100122_1")) == 2023
    everything = read(BODY, LEEDS | {"history_days": 0})
    assert min(row[0].year for row in told(everything, "cycle_100122_1")) == 2010


def test_what_cannot_be_read_is_an_issue_and_loses_nothing_else():
    batch = read(BODY)
    said = {(issue.where, issue.what) for issue in batch.issues}

    assert ("cycle-100122-1 line 5", "2023-07-03 is there twice") in said
    assert ("cycle-100122-1 line 6", "a row without a date") in said
    assert ("cycle-100122-1 line 7", "2023-07-04: not a count that can be") in said
    assert ("footfall-1-1 line 3", "2023-07-04: not a count that can be") in said
    assert any(where == "leeds/footfall-2-1.csv" for where, _ in said)
    assert any(where == "index-footfall.json" for where, _ in said)
    assert told(batch, "cycle_100122_1")[-1][2] == 15


def test_a_day_still_to_come_is_an_issue_and_makes_no_other_day_too_old():
    day = f"2024-01-20,{','.join(['5'] * 24)}"
    batch = read(zip_of(cycle_1_1=f"{HEAD}\n{day}\n9998-12-31{day[10:]}\n9999-12-31{day[10:]}"))

    assert len(told(batch, "cycle_1_1")) == 24
    assert [issue.what for issue in batch.issues] == [
        "9998-12-31 is still to come",
        "a row without a date",
    ]


@pytest.mark.parametrize("cell", ["1_000", "٣", "nan", "1e999", "-1", "100001", "wet"])
def test_what_only_python_takes_for_a_count_is_none(cell):
    batch = read(zip_of(cycle_1_1=f"{HEAD}\n2024-01-20,{cell},7{',' * 22}\n"))

    assert [value for _, _, value, _ in told(batch, "cycle_1_1")] == [7]
    assert [issue.what for issue in batch.issues] == ["2024-01-20: not a count that can be"]


def test_a_counter_says_where_it_stands_and_which_lanes_it_has():
    cycle, footfall = read(BODY).records

    assert cycle.fields == {
        "name": "Meanwood Road Cycle Path",
        "reference": "Cycle J0122",
        "counts": "people cycling",
        "lanes": 2,
        "lane_series": "travel.counter_cycle_100122_1.hourly_count_1"
        " travel.counter_cycle_100122_2.hourly_count_1",
        "last_on": "2023-07-04",
    }
    assert cycle.geometry == {"type": "Point", "coordinates": [-1.54569, 53.81519]}
    assert (footfall.fields["name"], footfall.geometry) == ("footfall-1", None)


def test_every_series_of_the_table_is_declared():
    batch = read(BODY)

    assert set(batch.table["series"].to_pylist()) == {line.key for line in batch.series}


def test_a_bomb_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(counters, "MAX_UNPACKED_BYTES", 1_000_000)
    bomb = zip_of(cycle_1_1=HEAD + "\n" + "0" * (counters.MAX_UNPACKED_BYTES + 1))
    assert len(bomb) < 10_000

    batch = read(bomb)

    assert batch.table is None
    assert "more than is allowed" in batch.issues[0].what


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"Date,00:00", zip_of(readme="hello")])
def test_what_is_no_archive_of_counters_is_refused(body):
    with pytest.raises(ValueError, match=r"zip archive|no counter"):
        read(body)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60)))
def test_bad_lines_never_lose_the_good_one(lines):
    good = "2023-07-04," + "," * 8 + "15" + "," * 15
    kept = [line for line in lines if len(line.splitlines()) <= 1]

    batch = read(zip_of(cycle_7_1="\n".join([HEAD, *kept, good])))

    assert 15 in [row[2] for row in told(batch, "cycle_7_1")]


def test_simulated_counts_are_labelled_and_past():
    batch = counters.simulate(LEEDS, NOW)

    assert {item.origin for item in batch.observations} == {Origin.SIMULATED}
    assert all(item.until <= NOW for item in batch.observations)
    assert {record.origin for record in batch.records} == {Origin.SIMULATED}


@pytest.mark.recordings
def test_the_real_archive_is_read_across_a_change_of_the_clocks(recordings):
    path = recordings / "transport" / "counts" / "leeds_cycle_footfall_hourly.zip"
    archive = zipfile.ZipFile(path)
    batch = read(path.read_bytes(), LEEDS | {"history_days": 310})

    names = [name for name in archive.namelist() if name.endswith(".csv")]
    assert (len(names), len(batch.records)) == (104, 51)
    zone = ZoneInfo("Europe/London")
    for lane in ("footfall-7-1", "footfall-9-1", "cycle-90810-1"):
        rows = list(csv.reader(io.StringIO(archive.read(f"leeds/{lane}.csv").decode())))
        newest = max(row[0] for row in rows[1:])
        since = (datetime.fromisoformat(newest) - timedelta(days=309)).date().isoformat()
        # By hand: every cell that is not blank, at its local hour, but for the one that spring
        # leaves out.
        expected = {}
        for row in (row for row in rows[1:] if row[0] >= since):
            for hour, cell in enumerate(row[1:]):
                local = datetime.fromisoformat(f"{row[0]}T{hour:02}:00").replace(tzinfo=zone)
                at = local.astimezone(UTC)
                if cell and at.astimezone(zone).hour == hour:
                    expected[at] = float(cell)
        assert len(expected) > 2000

        kept = told(batch, lane.replace("-", "_"))

        assert {row[0]: row[2] for row in kept} == expected
        autumn = [row for row in kept if row[0] == datetime(2023, 10, 29, 0, tzinfo=UTC)]
        assert all(
            row[1] == datetime(2023, 10, 29, 2, tzinfo=UTC) and row[3] is Quality.SUSPECT
            for row in autumn
        )
        if lane.startswith("footfall"):
            assert len(autumn) == 1
    assert any("2023-03-26: the clocks went over" in issue.what for issue in batch.issues)
