"""Environment Agency flood warnings."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from moothall.topics.flood import rules
from moothall.topics.flood.feeds import warnings
from moothall.values.observations import Origin
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("warnings.json").read_bytes()
READ_AT = datetime(2026, 7, 5, 9, 30, tzinfo=UTC)
PARAMS = {"city": {"box": {"west": -1.8, "south": 53.7, "east": -1.29, "north": 53.95}}}


def parse(body: bytes):
    return warnings.parse(Payload(body=body, request=Request(url=""), fetched_at=READ_AT), PARAMS)


def test_local_times_become_utc_and_severity_1_is_the_worst():
    records = {record.id: record for record in parse(BODY).records}

    assert records["123WAF983"].from_at == datetime(2026, 7, 5, 7, 4, tzinfo=UTC)
    assert records["123WAF983"].fields["raised_at"] == "2026-07-05T07:04:00+00:00"
    assert records["123WAF983"].fields["county"] == "West Yorkshire"
    assert records["123WAF983"].fields["message"] == "River levels are rising."
    assert records["123FWF300"].fields["severity_level"] == rules.Severity.SEVERE_WARNING
    assert records["123FWF300"].fields["message"] is None


def test_of_two_messages_for_one_area_the_worse_is_kept():
    assert [record.id for record in parse(BODY).records].count("123FWF300") == 1


def test_a_message_dated_ahead_is_true_from_when_it_was_read():
    records = {record.id: record for record in parse(BODY).records}

    assert records["123WAB777"].from_at == READ_AT
    assert records["123WAB777"].fields["severity_level"] == 2


def test_an_empty_list_says_that_nothing_is_in_force():
    batch = parse(b'{"items": []}')

    assert batch.records == ()
    assert batch.complete == {"flood.warning"}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"severityLevel": 9},
        {"severityLevel": None},
        {"floodAreaID": ""},
        {"timeMessageChanged": "yesterday"},
        {"timeMessageChanged": 3},
        None,
    ],
)
def test_an_answer_with_an_unreadable_warning_is_not_taken_as_complete(spoilt):
    rows = orjson.loads(BODY)["items"]
    bad = None if spoilt is None else {**rows[1], **spoilt}

    batch = parse(orjson.dumps({"items": [rows[0], bad]}))

    assert [record.id for record in batch.records] == ["123WAF983"]
    assert [issue.where for issue in batch.issues] == ["items[1]"]
    assert batch.complete == frozenset()


def test_the_hour_that_comes_twice_in_october_is_taken_as_the_first():
    rows = orjson.loads(BODY)["items"]
    twice = {**rows[0], "timeMessageChanged": "2025-10-26T01:30:00"}

    (record,) = parse(orjson.dumps({"items": [twice]})).records

    assert record.from_at == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)


def test_an_empty_list_for_a_word_is_no_word():
    rows = orjson.loads(BODY)["items"]

    (record,) = parse(orjson.dumps({"items": [{**rows[0], "message": []}]})).records

    assert record.fields["message"] is None


def test_the_stand_in_warns_of_nothing_and_says_that_it_is_none():
    batch = warnings.simulate(PARAMS, READ_AT)

    assert {record.origin for record in batch.records} == {Origin.SIMULATED}
    assert {record.fields["severity_level"] for record in batch.records} == {4}
    assert "not a real warning" in str(batch.records[0].fields["name"])


@pytest.mark.recordings
def test_a_flood_area_with_its_current_warning_embedded_reads_too(recordings):
    batch = parse((recordings / "civic/flood/ea_floodarea_013WAFUI_2015.json").read_bytes())

    (record,) = batch.records
    assert record.id == "013WAFUI"
    assert record.fields["severity_level"] == rules.Severity.NO_LONGER_IN_FORCE
    assert record.from_at == datetime(2015, 11, 9, 20, 4, tzinfo=UTC)
