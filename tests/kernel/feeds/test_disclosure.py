"""What counts people never comes in with counts that could name someone."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.kernel.feeds import checks, disclosure
from moothall.kernel.registry import Feed
from moothall.values.observations import Batch, Column, Issue, Kind, Record

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
KIND = Kind(
    name="probe.ward",
    title="Wards",
    columns=(
        Column(name="name"),
        Column(name="carers", type="integer", people=True),
        Column(name="others", type="integer", people=True),
        Column(name="parks", type="integer"),
    ),
)
FEED = Feed(
    name="probe.wards",
    title="Wards",
    summary="",
    publisher="The Probe Office",
    documentation="https://probe.example/",
    licence="OGL-UK-3.0",
    attribution="",
    every=timedelta(days=1),
    stale_after=timedelta(days=2),
    observes=False,
    kinds=(KIND,),
    parse=lambda payload, params: Batch(),
)


def batch(*rows: tuple[object, object]) -> Batch:
    return Batch(
        records=tuple(
            Record(
                kind="probe.ward",
                id=f"w{number}",
                from_at=NOW,
                fields={"name": "Ward", "carers": carers, "others": others, "parks": 2},
            )
            for number, (carers, others) in enumerate(rows)
        ),
        issues=(Issue(where="row 9", what="odd", item="carers=3"),),
    )


def told(said: Batch) -> list[tuple[object, object]]:
    return [(one.fields["carers"], one.fields["others"]) for one in said.records]


def check(said: Batch, feed: Feed = FEED) -> Batch:
    return checks.check(said, feed=feed, box=None, now=NOW)


def test_a_small_count_and_what_would_give_it_away_are_left_out_before_they_are_kept():
    found = check(batch((3, 40), (50, 60), (70, 80)))

    assert found.records[0].fields["carers"] is None
    assert sum(count is None for row in told(found) for count in row) == 4
    assert [one.fields["parks"] for one in found.records] == [2, 2, 2]
    assert "left out" in found.issues[-1].what


def test_no_issue_quotes_what_was_left_out():
    found = check(batch((3, 40), (50, 60)))

    assert "carers=3" not in json.dumps([[one.what, one.item] for one in found.issues])


def test_counts_of_other_things_come_in_as_they_are():
    plain = replace(KIND, columns=tuple(replace(column, people=False) for column in KIND.columns))
    found = check(batch((3, 40), (50, 60)), feed=replace(FEED, kinds=(plain,)))

    assert told(found) == [(3, 40), (50, 60)]
    assert found.issues[0].item == "carers=3"


@pytest.mark.parametrize("row", [("3", 7), (2.5, 7), (-1, 7), (True, 7)])
def test_a_count_that_is_no_whole_number_is_left_out(row):
    assert told(check(batch(row, (50, 60))))[0][0] is None


def test_a_table_too_large_to_work_out_is_not_told(monkeypatch):
    monkeypatch.setattr(disclosure, "MOST_CELLS", 3)

    assert told(check(batch((30, 40), (50, 60)))) == [(None, None), (None, None)]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=6))
def test_whatever_comes_no_small_count_is_kept(rows):
    found = told(check(batch(*rows)))

    assert all(count is None or count == 0 or count >= 5 for row in found for count in row)
    assert all(
        count in (None, was)
        for row, had in zip(found, rows, strict=True)
        for count, was in zip(row, had, strict=True)
    )
