"""One document says all that programs can ask; it is valid, and every example in it answers."""

import html
import uuid
from datetime import UTC, datetime

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from moothall.civic.opendata.api import ckan, openapi
from moothall.civic.opendata.models import Question
from moothall.kernel.live.doors import Doors
from moothall.standards.openapi import address_of
from moothall.standards.sensorthings.model import ENTITIES

pytestmark = pytest.mark.django_db
NOT_HERE = {"faults", "harvest_csv", "harvest_json"}
"""Of what the small city has none: an officers' table, a catalogue that is followed."""
ALIKE = {"rows_json", *(f"download_{form}" for form in ("xlsx", "parquet", "geojson", "json"))}
"""Asked with what they need alone: what else they take is asked of CSV."""
WITH = {"bbox-crs": "bbox", "filter-lang": "filter", "filter-crs": "filter"}
"""What says how another parameter is written, and is nothing without it."""


@pytest.fixture
def document(client, probes, settings, tmp_path):
    """The document of a small city, with one published question."""
    settings.LIMITS_ON = False
    settings.STORES = tmp_path
    now = datetime.now(UTC)
    Question.objects.create(
        slug="one", title="One", summary="One.", sql="SELECT 1 AS one", asked=uuid.uuid4(),
        made_at=now, changed_at=now,
    )  # fmt: skip
    return client.get("/api/openapi.json").json()


def asked(document):
    """Yield each address that the examples make: what is needed alone, then with each part."""
    for one in openapi.list_described(document):
        if one.method != "get" or one.id in NOT_HERE or one.path.startswith("/live/"):
            continue
        parameters, examples = one.said["parameters"], one.examples
        needed = {each["name"] for each in parameters if each["required"]}
        least = {name: said for name, said in examples.items() if name in needed}
        chosen = [
            e["name"]
            for e in parameters
            if e["in"] == "query" and e["name"] in examples.keys() - needed
        ]
        yield one.id, address_of(one.path, parameters, least)
        for name in chosen if one.id not in ALIKE else ():
            pair = {each: examples[each] for each in (name, WITH.get(name, name))}
            yield one.id, address_of(one.path, parameters, least | pair)


def test_the_document_is_valid_and_names_each_thing_once(document):
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    ids = [one.id for one in openapi.list_described(document)]
    assert len(ids) == len(set(ids)) > 80
    groups = {group["name"] for group in document["tags"]}
    assert {one.said["tags"][0] for one in openapi.list_described(document)} == groups


def test_every_example_answers(client, document):
    addresses = list(asked(document))
    assert len(addresses) > 120
    bad = []
    for id, address in addresses:
        answer = client.get(address) if address else None
        if answer is None or not 200 <= answer.status_code < 300:
            bad.append((id, address, answer and answer.status_code))
        elif answer.streaming:
            b"".join(answer.streaming_content)
    assert bad == []


def test_what_stands_elsewhere_as_a_list_is_described_whole(document):
    paths = document["paths"]
    assert {path.rpartition("/")[2] for path in paths if "/action/" in path} == set(ckan.ACTIONS)
    live = {route.path for route in Doors(None, who=str).routes()}
    assert {path for path in paths if path.startswith("/live/")} == live
    assert {f"/api/sta/v1.1/{name}" for name in ENTITIES} <= set(paths)


def test_who_writes_shows_a_key_and_who_reads_does_not(document):
    for one in openapi.list_described(document):
        assert ("security" in one.said) == (one.method != "get"), one.id


def test_nothing_closed_is_named(client, document):
    text = client.get("/api/openapi.json").content.decode() + client.get("/api/").content.decode()
    assert "probe.closed" not in text
    assert "probe.person" not in text
    assert "probe.hidden" not in text


def test_each_operation_has_a_page_that_writes_its_address(client, document):
    contents = client.get("/api/").content.decode()
    for one in openapi.list_described(document):
        assert f'href="/api/operations/{one.id}/"' in contents
    page = client.get("/api/operations/download_csv/").content.decode()
    assert 'href="/data/probe.readings.csv"' in page
    typed = {"name": "probe.thing", "from": "2026-01-05"}
    page = client.get("/api/operations/download_csv/", typed).content.decode()
    assert 'href="/data/probe.thing.csv?from=2026-01-05"' in page
    assert "Fill in what the path needs" in client.get(
        "/api/operations/download_csv/", {"from": "2026-01-05"}
    ).content.decode()  # fmt: skip
    writing = html.unescape(client.get("/api/operations/make_Things/").content.decode())
    assert "curl -X POST -H 'Authorization: Bearer KEY'" in writing
    assert '{"name":"Lamp 12"' in writing
    assert "-d '...'" in client.get("/api/operations/make_Sensors/").content.decode()
    assert client.get("/api/operations/nothing/").status_code == 404


def test_what_is_typed_cannot_break_out_of_the_page(client, document):
    typed = {"name": '"><script>x</script>', "from": "'\"<b>\x00"}
    page = client.get("/api/operations/download_csv/", typed).content.decode()
    assert "<script>x" not in page
    assert "<b>" not in page


def test_a_city_without_anything_is_described_too(client, lake, in_city):
    in_city("leeds")
    document = client.get("/api/openapi.json").json()
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert client.get("/api/operations/download_csv/").status_code == 200
