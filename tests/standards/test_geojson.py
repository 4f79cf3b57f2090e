"""Features written a column at a time say what features written one by one would."""

from datetime import UTC, date, datetime
from math import isfinite

import orjson
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards import geojson

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | st.text(st.characters(exclude_categories=["Cs"])),
            "number": st.none() | st.floats(),
            "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
            "truth": st.none() | st.booleans(),
            'a "name"\n': st.none() | st.sampled_from(["good", "bad", 'it"s', "a\\b", "\x01"]),
        }
    ),
    max_size=8,
)


def read(written):
    """Read what was written as a list."""
    return orjson.loads(b"[" + written + b"]")


@given(ROWS)
def test_every_value_is_read_back_as_it_was(rows):
    columns = {
        "text": pa.string(),
        "number": pa.float64(),
        "whole": pa.int64(),
        "truth": pa.bool_(),
        'a "name"\n': pa.string(),
    }
    table = {name: pa.array([row[name] for row in rows], kind) for name, kind in columns.items()}
    ids = pa.array([f'"{n}\\' for n in range(len(rows))], pa.string())
    found = read(geojson.write_features(ids, pa.nulls(len(rows), pa.string()), table))
    told = [
        {**row, "number": row["number"] if isfinite(row["number"] or 0.0) else None} for row in rows
    ]
    assert [one["properties"] for one in found] == told
    assert [one["id"] for one in found] == ids.to_pylist()
    assert all(one["type"] == "Feature" and one["geometry"] is None for one in found)


def test_instants_are_in_utc_and_days_are_days():
    columns = {
        "at": pa.array([datetime(2026, 1, 5, 9, tzinfo=UTC)], pa.timestamp("us", tz="UTC")),
        "bare": pa.array([datetime(2026, 1, 5, 9, 0, 0, 500)], pa.timestamp("us")),  # noqa: DTZ001 - bare
        "on": pa.array([date(2026, 1, 5)]),
    }
    (found,) = read(geojson.write_features(pa.array([7]), pa.array(["{}"]), columns))
    assert found["id"] == 7
    assert found["properties"] == {
        "at": "2026-01-05T09:00:00Z",
        "bare": "2026-01-05T09:00:00.000500Z",
        "on": "2026-01-05",
    }


def test_a_part_of_a_table_says_only_itself():
    ids = pa.array(["a", "b", 'c"', "d"])
    kept = {"n": pa.chunked_array([pa.array(["w", "x"]), pa.array(['y"', "z"])])}
    found = read(
        geojson.write_features(ids[1:2], pa.nulls(1, pa.string()), {"n": kept["n"].slice(1, 1)})
    )
    assert [(one["id"], one["properties"]) for one in found] == [("b", {"n": "x"})]


def test_more_columns_than_are_joined_at_once_are_written():
    columns = {f"c{n}": pa.array([n]) for n in range(500)}
    (found,) = read(geojson.write_features(pa.array(["a"]), pa.array(["{}"]), columns))
    assert found["properties"] == {f"c{n}": n for n in range(500)}


def test_points_have_coordinates_and_what_has_no_place_is_null():
    texts = geojson.write_points([-1.5, float("nan"), 2.0], [53.8, 1.0, float("inf")])
    assert texts.to_pylist() == ['{"type":"Point","coordinates":[-1.5,53.8]}', None, None]


def test_nothing_is_written_of_nothing():
    assert geojson.write_features(pa.array([], pa.string()), pa.array([], pa.string()), {}) == b""
