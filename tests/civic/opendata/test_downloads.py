"""Files anyone may take: whole, safe to open, and saying where they come from."""

import csv
import io
from dataclasses import replace
from hashlib import sha256
from threading import BoundedSemaphore

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moothall.civic.opendata.queries import rows
from moothall.civic.opendata.views import answers
from moothall.kernel.registry import house
from moothall.values.observations import Column

pytestmark = pytest.mark.django_db


def get(client, address):
    """Read a streamed answer to its end."""
    answer = client.get(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer, body


def test_csv_holds_every_reading_and_says_its_origin(client, probes):
    answer, body = get(client, "/data/probe.readings.csv")
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    assert answer["Content-Type"].startswith("text/csv")
    assert len(rows) == 97
    assert rows[0]["at"] == "2026-01-04T12:15:00Z"
    assert rows[0]["value"] == "1.95"
    assert rows[0]["until"] == ""
    assert {row["origin"] for row in rows} == {"live"}
    assert {row["quality"] for row in rows} == {"good", "unchecked"}
    assert 'rel="describedby"' in answer["Link"]


def test_the_head_of_a_file_is_given_without_reading_its_rows(client, probes, monkeypatch):
    monkeypatch.setattr(rows, "stream_rows", None)
    answer = client.head("/data/probe.readings.csv")
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == 'attachment; filename="probe.readings.csv"'


def test_no_text_in_csv_can_act_as_a_formula(client, probes):
    _, body = get(client, "/data/probe.readings.csv")
    texts = {row["text"] for row in csv.DictReader(io.StringIO(body.decode()))}
    assert texts == {"", "'=cmd()|'x'!A1"}
    _, body = get(client, "/data/probe.thing.csv")
    assert {row["name"] for row in csv.DictReader(io.StringIO(body.decode()))} == {
        "Ä <b>thing</b>",
        "'+1-2",
    }


def test_a_span_is_half_open_and_a_day_is_the_citys(client, probes):
    _, body = get(
        client, "/data/probe.readings.json?from=2026-01-05T11:00:00Z&until=2026-01-05T12:00:00Z"
    )
    import orjson

    said = orjson.loads(body)
    assert len(said["rows"]) == 4
    assert said["attribution"] == "Contains Probe Office data."
    _, body = get(client, "/data/probe.readings.json?from=2026-01-05")
    assert len(orjson.loads(body)["rows"]) == 50


def test_parquet_is_whole_and_carries_its_licence(client, probes):
    _, body = get(client, "/data/probe.readings.parquet")
    table = pq.read_table(io.BytesIO(body))
    assert table.num_rows == 97
    assert table.schema.metadata[b"licence"] == b"OGL-UK-3.0"
    assert str(table.schema.field("at").type) == "timestamp[us, tz=UTC]"


def test_geojson_places_every_row(client, probes):
    import orjson

    answer, body = get(client, "/data/probe.thing.geojson")
    features = orjson.loads(body)["features"]
    assert answer["Content-Type"] == "application/geo+json"
    assert {one["properties"]["id"] for one in features} == {"a/1", "b"}
    assert all(one["geometry"]["coordinates"] == [-1.5, 53.8] for one in features)
    assert all(one["properties"]["size"] == 2.5 for one in features)
    _, body = get(client, "/data/probe.readings.geojson")
    assert len(orjson.loads(body)["features"]) == 97


def test_the_columns_of_the_csv_are_described_in_its_metadata(client, probes):
    for name in ("probe.readings", "probe.thing"):
        _, body = get(client, f"/data/{name}.csv")
        said = client.get(f"/data/{name}.csv-metadata.json").json()
        named = [column["name"] for column in said["tableSchema"]["columns"]]
        assert body.decode().splitlines()[0].split(",") == named
        assert "open-government-licence" in said["dc:license"]


def test_a_dataset_with_no_rows_is_an_empty_file(client, probes):
    for form in ("csv", "json", "geojson", "parquet"):
        answer, body = get(client, f"/data/probe.thing.{form}?from=2150-01-01")
        assert answer.status_code == 200
        assert body


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("from=yesterday", "from"),
        ("from=2026-13-01", "from"),
        ("until=9999-12-31T23:59:59-23:00", "until"),
        ("from=0001-01-01", "from"),
        ("from=2026-01-02&until=2026-01-01", "until"),
        ("limit=-1", "limit"),
        ("from=" + "9" * 5000, "from"),
    ],
)
def test_a_question_that_cannot_be_answered_names_what_to_mend(client, probes, query, parameter):
    answer = client.get(f"/data/probe.readings.csv?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["parameter"] == parameter


@pytest.mark.parametrize(
    "address",
    [
        "/data/..%2f..%2fetc/",
        "/data/%00/",
        "/data/series/..%2f/",
        "/data/feeds/x/raw/..%2f..%2fsecret_key",
        "/data/feeds/probe.readings/raw/zz",
        "/data/probe.thing/records/%00/",
        "/data/probe.thing/records/nobody/",
        "/data/nothing.csv",
        "/data/series/a.b.c/?from=-1",
        "/data/series/probe.aire.level_m/?from=1900-01-01&until=2199-12-31",
    ],
)
def test_tricks_are_answered_politely(client, probes, address):
    assert client.get(address).status_code in {400, 404}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    root=st.sampled_from(
        [
            "/data/{}/",
            "/data/{}.csv",
            "/data/series/{}/",
            "/data/feeds/{}/",
            "/data/probe.thing/records/{}/",
        ]
    ),
    text=st.text(min_size=1, max_size=60),
)
def test_no_name_breaks_a_page(client, probes, root, text):
    from urllib.parse import quote

    assert client.get(root.format(quote(text, safe=""))).status_code < 500


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(begin=st.text(max_size=30), end=st.text(max_size=30))
def test_no_span_breaks_a_page_or_a_file(client, probes, begin, end):
    for address in ("/data/series/probe.aire.level_m/", "/data/probe.readings.json"):
        answer = client.get(address, {"from": begin, "until": end})
        assert answer.status_code < 500


@pytest.mark.parametrize(
    "address", ["/data/probe.readings.csv", f"/data/feeds/probe.readings/raw/{'0' * 64}.json"]
)
def test_when_as_many_files_as_there_is_room_for_are_being_made_the_next_must_come_back(
    client, probes, monkeypatch, address
):
    monkeypatch.setattr(answers, "_room", BoundedSemaphore(1))
    monkeypatch.setattr(answers, "PATIENCE_S", 0)
    with answers._room:
        refused = client.get(address)

    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert client.get(address).status_code in {200, 404}
    assert client.get(address).status_code in {200, 404}


def test_the_raw_bytes_of_a_feed_that_counts_people_are_not_given_out(client, probes, monkeypatch):
    digest = sha256(b'{"level": 1.25}').hexdigest()
    address = f"/data/feeds/probe.things/raw/{digest}"
    assert client.get(address).status_code == 200
    feed = house.feed("probe.things")
    kind = feed.kinds[0]
    counting = replace(kind, columns=(*kind.columns, Column(name="carers", people=True)))
    monkeypatch.setitem(house._feeds, feed.name, replace(feed, kinds=(counting,)))

    for shown in (address, f"{address}.json"):
        answer = client.get(shown)
        assert answer.status_code == 404
        assert "count people" in answer.content.decode()
