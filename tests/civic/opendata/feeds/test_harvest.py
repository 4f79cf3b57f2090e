"""A catalogue becomes records: each dataset one, whatever else is spoilt."""

import json
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.civic.opendata.feeds import harvest
from moothall.kernel.feeds import checks
from moothall.values.observations import Severity
from moothall.values.requests import Payload, Request

HERE = Path(__file__).parent
NOW = datetime(2026, 8, 1, tzinfo=UTC)
FEED = harvest.make_feed("north", name="North", url="https://north.example/")
PARAMS = {"name": "North", "url": "https://north.example/", "city": {}}


def parse(body, url="https://north.example/export.json", **more):
    """Read a body as the feed does."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    payload = Payload(body=body, request=Request(url=url), fetched_at=NOW)
    return harvest.parse(payload, {**PARAMS, **more})


def test_each_dataset_is_a_record_that_says_whose_it_is_and_where():
    batch = parse((HERE / "harvest.json").read_bytes())
    spending, health, trees = batch.records
    assert [one.fields["title"] for one in (spending, health, trees)] == [
        "Council spending", "Health and Wellbeing", "Tree Preservation Orders",
    ]  # fmt: skip
    assert spending.fields["publisher"] == "Corporate Finance"
    assert spending.fields["licence"] == "OGL-UK-3.0"
    assert spending.fields["modified_at"] == "2026-07-30T07:43:11.456000Z"
    files = orjson.loads(spending.fields["files"])
    assert [(one["form"], one.get("size")) for one in files] == [("csv", 6154904), ("pdf", None)]
    assert (health.fields["publisher"], health.fields["licence"]) == (None, None)
    assert trees.fields["every_hours"] == 30 * 24
    assert trees.geometry["coordinates"][0][0] == [-2.0, 54.4]
    assert batch.complete == {harvest.KIND.name}
    assert batch.issues == ()


def test_a_graph_becomes_records_too():
    (trees,) = parse((HERE / "harvest.ttl").read_bytes()).records
    assert trees.fields["landing_page"] == "https://d.example/trees"


@pytest.mark.recordings
def test_the_real_catalogue_of_the_north_is_read_whole(recordings):
    body = (recordings / "civic/catalogue/data_mill_north_dcat_sample_2026.json").read_bytes()
    batch = parse(body)
    assert len(batch.records) == 8
    assert sum(len(orjson.loads(one.fields["files"])) for one in batch.records) == 25
    assert not [one for one in batch.issues if one.severity is not Severity.INFO]
    said = " ".join(str(value) for one in batch.records for value in one.fields.values())
    assert "dp-prose" not in said


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_dataset_is_named_alike_however_its_name_is_written_and_no_other_so(one, other):
    named = harvest.record_id("North", one)
    assert named == harvest.record_id(" north", f"{one} ".upper().lower() if one.isascii() else one)
    assert len(named) == 16
    if one.strip().casefold() != other.strip().casefold():
        assert named != harvest.record_id("North", other)
    assert named != harvest.record_id("South", one)


def test_so_many_files_that_they_cannot_be_kept_are_told_and_the_others_listed():
    files = [{"downloadURL": f"https://north.example/{'d' * 90}/{n}.csv"} for n in range(400)]
    batch = parse([{"identifier": "1", "title": "Many", "distribution": files}])
    kept = orjson.loads(batch.records[0].fields["files"])
    assert 100 < len(kept) < 400
    assert f"{400 - len(kept)} are not listed" in batch.issues[0].what
    checked = checks.check(batch, feed=FEED, box=None, now=NOW)
    assert orjson.loads(checked.records[0].fields["files"]) == kept


def test_an_empty_list_is_told_and_so_takes_nothing_away():
    batch = parse([])
    assert [one.what for one in batch.issues] == ["it lists no dataset at all"]
    assert batch.issues[0].severity is not Severity.INFO


def test_what_leads_on_are_parts_of_the_same_list():
    url = "https://c.example/api/3/action/package_search?rows=1&start=0"
    page = {"success": True, "result": {"count": 3, "results": [{"id": "1", "notes": "x"}]}}
    batch = parse(page, url=url)
    assert [one.part for one in batch.follow] == [True, True]
    (first,) = harvest.requests({**PARAMS, "url": "https://c.example", "form": "ckan"})
    assert first.url == "https://c.example/api/3/action/package_search?rows=1000&start=0"


def test_what_is_not_of_the_form_that_is_said_is_refused():
    with pytest.raises(ValueError, match="error"):
        parse({"success": False, "error": "gone"}, form="ckan")
