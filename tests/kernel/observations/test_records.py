"""The lake keeps records: versions, tombstones, the past as it was."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from moothall.kernel.observations import lake as lakes
from moothall.kernel.observations import records
from moothall.kernel.observations.compacting import Keeping
from moothall.kernel.observations.lake import Lake
from moothall.values.observations import Batch, Column, Issue, Kind, Record
from moothall.values.places import Box

NOW = datetime(2026, 1, 31, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
KIND = "test.car_park"


def park(id_: str, hours: int, spaces: int, **more: Any) -> Record:
    fields = {"name": f"Car park {id_}", "spaces": spaces}
    geometry = {"type": "Point", "coordinates": [-1.5 + spaces / 1000, 53.8]}
    return Record(
        kind=KIND, id=id_, from_at=NOW + hours * HOUR, fields=fields, geometry=geometry, **more
    )


def keep(lake: Lake, key: str, *records: Record, hours: int = 0, full: bool = False, **more: Any):  # type: ignore[no-untyped-def]
    batch = Batch(records=records, complete=frozenset({KIND} if full else ()), **more)
    return lake.append(batch, feed="parking.states", key=key, now=NOW + hours * HOUR)


def spaces(lake: Lake, **asked: Any) -> dict[str, object]:
    return {e.record.id: e.record.fields["spaces"] for e in lake.list_records(KIND, **asked)}


def test_only_what_changed_becomes_a_version(any_lake: Lake) -> None:
    keep(any_lake, "1", park("a", 0, 10), park("b", 0, 20))
    receipt = keep(any_lake, "2", park("a", 1, 10), park("b", 1, 25))
    assert (receipt.records, receipt.unchanged) == (1, 1)
    assert spaces(any_lake) == {"a": 10, "b": 25}
    assert len(any_lake.list_versions(KIND, "b")) == 2
    assert len(any_lake.list_versions(KIND, "a")) == 1


def test_the_past_reads_as_it_was_hot_and_sealed(any_lake: Lake) -> None:
    keep(any_lake, "1", park("a", 0, 10))
    any_lake.seal(NOW)
    keep(any_lake, "2", park("a", 30, 30), park("b", 30, 5))
    for _ in range(2):
        assert spaces(any_lake, as_of=NOW) == {"a": 10}
        assert spaces(any_lake, as_of=NOW + 29 * HOUR) == {"a": 10}
        assert spaces(any_lake, as_of=NOW + 30 * HOUR) == {"a": 30, "b": 5}
        assert spaces(any_lake, as_of=NOW - HOUR) == {}
        first, second = any_lake.list_versions(KIND, "a")
        assert first.until_at == second.record.from_at
        assert second.until_at is None
        any_lake.seal(NOW)
    assert any_lake.check().faults == ()


def test_a_full_list_declares_gone_what_it_leaves_out_and_a_return_is_a_version(
    any_lake: Lake,
) -> None:
    keep(any_lake, "1", park("a", 0, 1), park("b", 0, 2), full=True)
    receipt = keep(any_lake, "2", park("a", 1, 1), hours=1, full=True)
    assert (receipt.records, receipt.unchanged) == (1, 1)
    assert spaces(any_lake) == {"a": 1}
    assert any_lake.find_record(KIND, "b") is None
    assert spaces(any_lake, as_of=NOW) == {"a": 1, "b": 2}
    keep(any_lake, "3", park("a", 2, 1), park("b", 2, 2), hours=2, full=True)
    assert spaces(any_lake) == {"a": 1, "b": 2}
    assert [entry.record.gone for entry in any_lake.list_versions(KIND, "b")] == [
        False,
        True,
        False,
    ]


def test_a_full_list_that_says_nothing_is_left_empties_the_kind(any_lake: Lake) -> None:
    keep(any_lake, "1", park("a", 0, 1), full=True)
    keep(any_lake, "2", hours=1, full=True)
    assert spaces(any_lake) == {}


def test_an_old_or_spoilt_list_declares_nothing_gone(any_lake: Lake) -> None:
    keep(any_lake, "1", park("a", 0, 1), park("b", 0, 2), hours=5, full=True)
    keep(any_lake, "2", park("a", 0, 1), full=True, as_of=NOW + HOUR, hours=6)
    assert spaces(any_lake) == {"a": 1, "b": 2}
    unreadable = Issue(where="rows", what="No row could be read.")
    keep(any_lake, "3", full=True, hours=7, issues=(unreadable,))
    assert spaces(any_lake) == {"a": 1, "b": 2}
    bad = Issue(where="row 2", what="spaces is not a number", item='{"id": "b", "spaces": "?"}')
    keep(any_lake, "4", park("a", 0, 1), full=True, hours=8, issues=(bad,))
    assert spaces(any_lake) == {"a": 1, "b": 2}


def test_a_list_that_loses_most_of_itself_must_say_so_twice(any_lake: Lake) -> None:
    many = [park(f"p{number}", 0, number) for number in range(50)]
    keep(any_lake, "1", *many, full=True)
    cut = keep(any_lake, "2", *many[:24], full=True, hours=1)
    assert cut.doubted
    assert [issue.what for issue in cut.issues] == [
        "The list leaves out 26 of 50: more than half. Nothing is taken to be gone unless the"
        " next list says so too."
    ]
    assert len(spaces(any_lake)) == 50
    # Whole again: what was doubted is forgotten, and the next loss is doubted anew.
    assert not keep(any_lake, "3", *many, full=True, hours=2).doubted
    assert keep(any_lake, "4", *many[:24], full=True, hours=3).doubted
    assert len(spaces(any_lake)) == 50
    second = keep(any_lake, "5", *many[:24], full=True, hours=4)
    assert (second.doubted, second.records, second.issues) == (False, 26, ())
    assert len(spaces(any_lake)) == 24


@pytest.mark.parametrize(("held", "left"), [(50, 25), (20, 0), (50, 30)])
def test_half_a_list_or_a_few_things_may_go_at_once(any_lake: Lake, held: int, left: int) -> None:
    many = [park(f"p{number}", 0, number) for number in range(held)]
    keep(any_lake, "1", *many, full=True)
    assert not keep(any_lake, "2", *many[:left], full=True, hours=1).doubted
    assert len(spaces(any_lake)) == left


def test_issues_that_are_only_counted_may_be_about_anything_so_nothing_is_gone(
    any_lake: Lake,
) -> None:
    keep(any_lake, "1", park("a", 0, 1), park("b", 0, 2), full=True)
    many = Issue(where="payload", what="and so on", count=9_000)
    keep(any_lake, "2", park("a", 0, 1), full=True, hours=1, issues=(many,))
    assert spaces(any_lake) == {"a": 1, "b": 2}


def test_a_late_version_joins_the_past_and_never_the_present(any_lake: Lake) -> None:
    keep(any_lake, "1", park("a", 5, 50))
    keep(any_lake, "2", park("a", 1, 10))
    assert spaces(any_lake) == {"a": 50}
    assert spaces(any_lake, as_of=NOW + 2 * HOUR) == {"a": 10}


def test_a_revised_version_takes_the_place_of_the_sealed_one(any_lake: Lake) -> None:
    keep(any_lake, "1", park("a", 0, 10))
    any_lake.seal(NOW)
    keep(any_lake, "2", park("a", 0, 11))
    for _ in range(2):
        assert spaces(any_lake, as_of=NOW) == {"a": 11}
        any_lake.seal(NOW)
    assert len(any_lake.list_versions(KIND, "a")) == 1


def test_records_are_found_by_box_and_by_id(any_lake: Lake) -> None:
    keep(any_lake, "1", park("a", 0, 0), park("b", 0, 100))
    box = Box(west=-1.51, south=53.7, east=-1.49, north=53.9)
    assert spaces(any_lake, box=box) == {"a": 0}
    assert spaces(any_lake, box=box, as_of=NOW) == {"a": 0}
    assert spaces(any_lake, ids=("b",)) == {"b": 100}
    assert spaces(any_lake, limit=1) == {"a": 0}


def test_a_kind_is_a_view_of_its_current_records(any_lake: Lake) -> None:
    keep(any_lake, "1", park("a", 0, 10))
    any_lake.seal(NOW)
    keep(any_lake, "2", park("a", 1, 20))
    now = any_lake.query("SELECT id, fields ->> '$.spaces' AS spaces FROM test_car_park")
    assert now.to_pylist() == [{"id": "a", "spaces": "20"}]
    past = any_lake.query("SELECT count(*) AS n FROM test_car_park_versions")
    assert past.to_pylist() == [{"n": 2}]


def test_superseded_versions_are_kept_only_as_long_as_their_kind_says(any_lake: Lake) -> None:
    for day in range(4):
        keep(any_lake, str(day), park("a", 24 * day, day), park("b", 0, 7))
    any_lake.seal(NOW)
    keeping = Keeping(kinds={KIND: timedelta(days=1)})
    done = any_lake.compact(NOW + timedelta(days=3, hours=1), keeping=keeping)
    assert done.expired == 2
    assert [e.record.fields["spaces"] for e in any_lake.list_versions(KIND, "a")] == [2, 3]
    assert spaces(any_lake) == {"a": 3, "b": 7}


def test_a_declared_kind_is_a_view_with_its_columns_typed(
    any_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = (Column(name="name"), Column(name="spaces", type="integer"))
    kind = Kind(name=KIND, title="Car parks", columns=columns)
    monkeypatch.setattr(type(lakes.house), "kinds", lambda _: {KIND: (kind, ())})
    keep(any_lake, "1", park("a", 0, 10), park("b", 0, 20))
    found = any_lake.query("SELECT name, sum(spaces) AS n FROM test_car_park GROUP BY 1 ORDER BY 1")
    assert found.to_pylist() == [{"name": "Car park a", "n": 10}, {"name": "Car park b", "n": 20}]


def test_records_are_said_and_weighed_before_anybody_must_wait_for_them(
    any_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: list[bool] = []
    for name in ("_json", "_digest", "box_of"):
        whole = getattr(records, name)

        def spied(*given: object, whole: Callable[..., object] = whole) -> object:
            locked.append(any_lake.database.in_transaction)
            return whole(*given)

        monkeypatch.setattr(records, name, spied)
    place = Record(
        kind=KIND, id="a", from_at=NOW, fields={"n": 1},
        geometry={"type": "Point", "coordinates": [-1.5, 53.8]},
    )  # fmt: skip
    batch = Batch(records=(place,))
    any_lake.append(batch, feed="t.f", key="1", now=NOW)
    prepared = any_lake.prepare(batch)
    with any_lake.database.transaction() as cursor:
        receipt = any_lake.append(
            batch, feed="t.f", key="2", now=NOW, cursor=cursor, prepared=prepared
        )
    assert receipt.unchanged == 1
    assert len(locked) > 6
    assert not any(locked)


def test_what_orjson_cannot_say_is_said_all_the_same(any_lake: Lake) -> None:
    fields = {"big": 2**70, "small": -0.5, "text": "Łódź «x»", "none": None}
    one = Record(kind=KIND, id="a", from_at=NOW, fields=fields)
    any_lake.append(Batch(records=(one,)), feed="t.f", key="1", now=NOW)
    found = any_lake.find_record(KIND, "a")
    assert found is not None
    assert found.record.fields == fields
