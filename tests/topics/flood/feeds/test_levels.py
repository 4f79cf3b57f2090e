"""The Check for flooding station list."""

import json
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.kernel.packs import Pack
from moothall.topics.flood.feeds import levels
from moothall.values.observations import Quality, Severity
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("levels.json").read_bytes()
PACKS = Path(__file__).resolve().parents[4] / "packs"
PARAMS = {
    "gauge": [
        {"id": "L1707"},
        {"id": "L1707A", "datum": "ordnance"},
        {"id": "L1783"},
        {"id": "L1389"},
    ]
}


def payload(body: bytes, at: datetime = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)) -> Payload:
    return Payload(body=body, request=Request(url=""), fetched_at=at)


def test_a_weir_gives_two_series_one_above_it_and_one_below():
    batch = levels.parse(payload(BODY), PARAMS)

    assert {o.series: o.result for o in batch.observations} == {
        "flood.rloi_8061.level_m": 0.701,
        "flood.rloi_9151.downstream_level_m": 22.601,
        "flood.rloi_9151.level_m": 23.79,
    }
    things = {series.key: series.thing for series in batch.series}
    assert things["flood.rloi_9151.level_m"].endswith("(upstream)")
    assert things["flood.rloi_8061.level_m"] == "River Aire at Leeds Crown Point"


def test_percentile_5_is_the_high_end_of_the_usual_range():
    batch = levels.parse(payload(BODY), PARAMS)
    ranges = {record.id: record.fields for record in batch.records}

    assert ranges["8061-upstream"]["typical_high_m"] == 1.4
    assert ranges["8061-upstream"]["typical_low_m"] == 0.53
    assert ranges["9403-upstream"]["typical_low_m"] is None
    assert ranges["9403-upstream"]["status"] == "Suspended"


def test_a_value_its_publisher_doubts_says_so():
    batch = levels.parse(payload(BODY), PARAMS)

    assert {o.series: o.quality for o in batch.observations}[
        "flood.rloi_9151.level_m"
    ] is Quality.SUSPECT


def test_a_second_row_a_word_for_a_value_and_no_value_are_issues():
    batch = levels.parse(payload(BODY), PARAMS)

    assert [(issue.where, issue.severity) for issue in batch.issues] == [
        ("[3]", Severity.WARNING),
        ("[4]", Severity.INFO),
        ("[5]", Severity.WARNING),
    ]
    assert batch.issues[0].what == "a second row for L1707A upstream"
    assert batch.issues[1].what == "no value"
    assert "n/a" in batch.issues[2].what


def test_it_speaks_for_its_newest_reading():
    assert levels.parse(payload(BODY), PARAMS).as_of == datetime(2026, 1, 5, 9, 15, tzinfo=UTC)


@given(
    st.dictionaries(
        st.sampled_from(sorted(orjson.loads(BODY)[0])),
        st.none() | st.text(max_size=6) | st.integers() | st.lists(st.integers(), max_size=2),
    )
)
def test_a_spoilt_row_never_loses_the_row_after_it(spoilt):
    rows = orjson.loads(BODY)
    body = json.dumps([{**rows[0], "rloi_id": 1, **spoilt}, rows[0]]).encode()

    batch = levels.parse(payload(body), PARAMS)

    known = {o.series: o.result for o in batch.observations}
    assert known.get("flood.rloi_8061.level_m") is not None or spoilt.get("rloi_id") == 8061


@pytest.mark.parametrize("body", [b"{}", b"null", b"not json"])
def test_what_is_no_list_is_refused_whole(body):
    with pytest.raises(ValueError):  # noqa: PT011
        levels.parse(payload(body), PARAMS)


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("city", "series", "level_m", "count"),
    [
        ("leeds", "flood.rloi_8061.level_m", 0.657, 19),
        ("leicester", "flood.rloi_2158.level_m", 0.2, 2),
    ],
)
def test_the_recording_of_may_2021_gives_each_citys_gauges(
    recordings, city, series, level_m, count
):
    name = "check-for-flooding_levels_2021_aire_soar_wharfe.json"
    body = (recordings / "civic/flood" / name).read_bytes()
    params = Pack(folder=PACKS / city).params("flood.levels")

    batch = levels.parse(payload(body, datetime(2021, 5, 28, 10, 30, tzinfo=UTC)), params)

    assert {o.series: o.result for o in batch.observations}[series] == level_m
    assert len(batch.observations) == count
    assert batch.issues == ()
