"""A city corrects what its sources say, and is told when a correction no longer fits."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.feeds.conftest import NOW, THING, series

from moothall.kernel.feeds import corrections
from moothall.values.observations import Batch, Observation, Record

KEY = "made_up.aire.height_m"


def row(item, field, was, becomes):
    return {
        "feed": "made_up.heights",
        "item": item,
        "field": field,
        "was": was,
        "becomes": becomes,
        "why": "seen on site",
        "who": "A. Officer",
        "when": "2026-01-02",
    }


def apply(batch, *rows):
    return corrections.apply(batch, corrections.read(rows), kinds=(THING,))


def thing(**fields):
    return Batch(
        records=(
            Record(
                kind="made_up.thing",
                id="t1",
                from_at=NOW,
                fields=fields,
                geometry={"type": "Point", "coordinates": [-1.5, 53.8]},
            ),
        )
    )


def test_a_field_becomes_what_the_city_says_in_the_columns_own_type():
    done = apply(thing(name="Old", size=5.0), row("t1", "size", "5", "5.5"))

    assert done.batch.records[0].fields == {"name": "Old", "size": 5.5}
    assert len(done.applied) == 1


def test_a_missing_field_can_be_filled_and_a_wrong_one_emptied():
    done = apply(
        thing(name=None, size=1.0), row("t1", "name", "", "Weir"), row("t1", "size", "1", "")
    )

    assert done.batch.records[0].fields == {"name": "Weir", "size": None}


def test_a_position_can_be_put_right():
    done = apply(thing(name="x"), row("t1", "lon", "-1.5", "-1.55"))

    assert done.batch.records[0].geometry["coordinates"] == [-1.55, 53.8]


def test_a_correction_that_no_longer_fits_is_an_issue_and_changes_nothing():
    done = apply(thing(name="Renamed"), row("t1", "name", "Old", "New"))

    assert done.batch.records[0].fields["name"] == "Renamed"
    assert done.applied == ()
    assert "expects 'Old' but the source now says 'Renamed'" in done.batch.issues[0].what


def test_a_correction_the_source_has_taken_over_is_no_issue():
    done = apply(thing(name="New"), row("t1", "name", "Old", "New"))

    assert (done.applied, done.batch.issues) == ((), ())


def test_a_correction_that_cannot_be_of_that_type_is_an_issue():
    done = apply(thing(size=5.0), row("t1", "size", "5", "big"))

    assert done.batch.records[0].fields["size"] == 5.0
    assert len(done.batch.issues) == 1


def readings(*results):
    return Batch(
        series=(series(KEY),),
        observations=tuple(Observation(series=KEY, at=NOW, result=result) for result in results),
    )


def test_every_result_with_a_sources_mark_for_broken_is_left_out():
    done = apply(readings(0.5, -99.0, 0.6), row(KEY, "result", "-99", ""))

    assert [one.result for one in done.batch.observations] == [0.5, 0.6]
    assert done.batch.issues == ()


def test_one_reading_can_be_corrected_and_is_reported_if_it_changed():
    fits = row(f"{KEY}@2026-01-05T09:30:00Z", "result", "0.5", "0.05")

    assert apply(readings(0.5), fits).batch.observations[0].result == 0.05
    assert len(apply(readings(0.7), fits).batch.issues) == 1


def test_what_is_said_of_a_series_can_be_corrected():
    done = apply(
        readings(1.0),
        row(KEY, "thing", "a thing", "River Aire"),
        row(KEY, "lat", "", "53.8"),
        row(KEY, "lon", "", "west"),
    )

    assert (done.batch.series[0].thing, done.batch.series[0].lat) == ("River Aire", 53.8)
    assert len(done.batch.issues) == 1


@pytest.mark.parametrize("column", ["feed", "item", "field", "why", "who", "when"])
def test_a_correction_without_reason_or_person_is_refused_with_its_line(column):
    with pytest.raises(ValueError, match=f"line 2: {column} is empty"):
        corrections.read([row("t1", "name", "a", "b") | {column: " "}])


OTHER = "made_up.other.height_m"
FACTS = st.lists(
    st.tuples(
        st.sampled_from([KEY, OTHER, "made_up.third.height_m"]),
        st.integers(0, 3),
        st.sampled_from([0.5, -99.0, 7.0, "closed", "open"]),
    ),
    max_size=20,
)
SAID = ["-99", "0.5", "7", "7.25", "closed", "shut", "inf", ""]
ROWS = st.lists(
    st.builds(
        lambda key, hour, was, becomes: row(
            key if hour is None else f"{key}@2026-01-05T{hour:02}:00:00Z", "result", was, becomes
        ),
        st.sampled_from([KEY, OTHER]),
        st.none() | st.integers(0, 3),
        st.sampled_from(SAID),
        st.sampled_from(SAID),
    ),
    max_size=4,
)


@given(FACTS, ROWS)
def test_results_in_columns_are_corrected_as_single_ones_are(facts, rows):
    at = [NOW.replace(hour=hour, minute=0) for _, hour, _ in facts]
    single = Batch(
        observations=tuple(
            Observation(series=key, at=instant, result=result)
            for (key, _, result), instant in zip(facts, at, strict=True)
        )
    )
    said = [result for _, _, result in facts]
    table = pa.table(
        {
            "series": pa.array([key for key, _, _ in facts], pa.string()).dictionary_encode(),
            "at": pa.array(at, pa.timestamp("us", "UTC")),
            "value": pa.array([one if isinstance(one, float) else None for one in said], "float64"),
            "text": pa.array([one if isinstance(one, str) else None for one in said], "string"),
        }
    )

    one_by_one, whole = apply(single, *rows), apply(Batch(table=table), *rows)

    assert [
        (line["series"], line["at"], line["value"] if line["text"] is None else line["text"])
        for line in whole.batch.table.to_pylist()
    ] == [(one.series, one.at, one.result) for one in one_by_one.batch.observations]
    assert whole.applied == one_by_one.applied
    assert whole.batch.issues == one_by_one.batch.issues


def test_a_number_in_a_column_of_numbers_alone_can_become_a_word():
    table = pa.table({"series": [KEY, KEY], "at": [NOW, NOW], "value": [1.0, -99.0]})

    done = apply(Batch(table=table), row(KEY, "result", "-99", "broken"))

    assert done.batch.table["value"].to_pylist() == [1.0, None]
    assert done.batch.table["text"].to_pylist() == [None, "broken"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_readings_that_no_correction_names_come_through_as_they_were(results):
    batch = readings(*results)

    assert apply(batch, row("made_up.other.height_m", "result", "1", "2")).batch == batch
