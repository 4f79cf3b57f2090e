"""Everybody can bring, check and read a dataset: by eye or ear, on a narrow screen too."""

import json
import os
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from moothall.civic.opendata.feeds.harvest import record_id
from moothall.kernel import clock, packs
from moothall.kernel.feeds import reading, runner
from moothall.kernel.feeds.fetching import Answer
from moothall.kernel.registry import house
from moothall.kernel.tables import versions
from moothall.values.requests import Payload, Request

# The browser brings a loop of its own; the pages are answered in its thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
pytestmark = [pytest.mark.browser, pytest.mark.django_db]

ROOT = "http://desk.example"
LONG = "https://north.example/" + "a-very-long-address-" * 12
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
HEAD = b"id,Tenant name,a very long heading that nobody asked for,planted\n"
ROWS = b"".join(b"%d,Ann Ash,%d,2020-01-%02d\n" % (n, n, n) for n in range(1, 20))


@pytest.fixture(autouse=True)
def _stores(assets, lake, settings, tmp_path, in_city):
    in_city("leeds")
    settings.RAW_STORE = str(tmp_path / "raw")


@pytest.fixture
def officer(sign_in):
    """A publisher; one dataset published, with faults and two versions, and a file that waits."""
    client = sign_in("publisher")
    about = {"title": "Trees", "summary": "Trees.", "publisher": "Parks", "licence": "OGL-UK-3.0"}
    form = {**about, "contact": "parks@council.example", "asked": str(uuid.uuid4())}
    client.post("/desk/data/new/", {**form, "file": _file(HEAD + ROWS + b"20,Bo,x,soon\n")})
    _publish(client)
    client.post("/desk/data/trees/load", {"file": _file(HEAD + ROWS + b"20,Bo,7,soon\n")})
    _publish(client)
    client.post("/desk/data/trees/load", {"file": _file(HEAD + ROWS[:200] + b"99,Cy,7,soon\n")})
    _harvest()
    return client


def _harvest():
    """Follow a catalogue that lists what is well described, what is not, and what is none."""
    feed = house.feed("opendata.data_mill_north")
    listed = [
        {"identifier": LONG, "title": "Spending", "landingPage": LONG, "description": "All of it.",
         "publisher": {"name": "Finance", "email": "finance@north.example"}, "keyword": ["money"],
         "distribution": [{"downloadURL": f"{LONG}.csv", "format": "CSV", "byteSize": 6154904},
                          {"accessURL": LONG}]},
        {"identifier": "bare", "title": "Bare", "modified": "soon"},
        {"title": ""},
    ]  # fmt: skip
    body = json.dumps(listed).encode()
    payload = Payload(body=body, request=Request(url=LONG), fetched_at=clock.now(), sha256="0" * 64)
    runner.take_in(
        feed,
        Answer(payload=payload),
        params=packs.current().params(feed.name),
        city=reading.City(),
        clock=clock.now,
    )


def _file(body):
    return SimpleUploadedFile("trees.csv", body)


def _publish(client):
    said = {"digest": versions.get_version("draft.trees").digest, "why": "They agreed to it."}
    assert client.post("/desk/data/trees/publish", {**said, "meant": "on"}).status_code == 302


def _answers(client):
    """Give each page, and the styles and scripts it names, before a browser asks."""
    named = set()
    for address in PAGES:
        got = client.get(address)
        assert got.status_code == 200, address
        named |= set(re.findall(r'(?:href|src)="(/static/[^"]+)"', got.content.decode()))
        yield address, (got.content, got["Content-Type"])
    for address in named:
        got = client.get(address)
        yield address, (got.getvalue(), got["Content-Type"])


PAGES = (
    "/desk/data/",
    "/desk/data/new/",
    "/desk/data/trees/",
    "/desk/data/trees/check/",
    "/data/table.trees/",
    "/data/table.trees/?version=1",
    "/data/table.trees/faults/",
    "/data/table.trees/changes/2/",
    "/desk/data/trees/about/",
    "/desk/catalogues/",
    "/desk/catalogues/new/",
    "/desk/catalogues/data_mill_north/",
    "/data/catalogues/",
    "/data/catalogues/data_mill_north/",
    f"/data/harvested.{record_id('Data Mill North', 'bare')}/",
    f"/data/harvested.{record_id('Data Mill North', LONG)}/",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_runs_off_a_narrow_screen(officer, browser, faults, scheme):
    answers = dict(_answers(officer))

    def serve(route):
        asked = route.request.url.removeprefix(ROOT)
        body, kind = answers.get(asked, (b"", "text/plain"))
        route.fulfill(body=body, content_type=kind)

    size = {"width": 320, "height": 640}
    with browser.new_context(color_scheme=scheme, bypass_csp=True, viewport=size) as context:
        page = context.new_page()
        page.route(f"{ROOT}/**", serve)
        found = {}
        for address in PAGES:
            page.goto(ROOT + address)
            assert page.locator("h1").count() == 1, address
            if (said := faults(page)) != "[]":
                found[address] = said
            if page.evaluate(OVERFLOW) > 0:
                found[f"{address} (320 px)"] = "runs off the screen"
        assert not found, "\n".join(f"{address}: {said}" for address, said in found.items())
