"""Whatever a source says, it is text: in no page, map layer or picture does it become code."""

import importlib.util
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from moothall.kernel.feeds import checks
from moothall.kernel.keeping import kept
from moothall.kernel.registry import house
from moothall.values.observations import Origin

_SPEC = importlib.util.spec_from_file_location(
    "hostile_walk", Path(__file__).with_name("test_no_address_answers_500.py")
)
walk = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(walk)

NOW = walk.NOW
POISON = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}\u202e"
LINK = "javascript:alert(1)"


class Code(HTMLParser):
    """Gathers whatever in a page would run that is not ours."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        address = (said.get("href") or said.get("src") or said.get("action") or "").strip().lower()
        data = said.get("type") == "application/ld+json" and "src" not in said
        if tag == "script" and not data and not (said.get("src") or "").startswith("/static/"):
            self.found.append((tag, attrs))
        if tag in {"iframe", "object", "embed", "base"} or "onerror" in said or "srcdoc" in said:
            self.found.append((tag, attrs))
        if address.partition(":")[0] in {"javascript", "data", "vbscript"}:
            self.found.append((tag, attrs))


def code_in(page):
    """What would run in a page."""
    reader = Code()
    reader.feed(page)
    return reader.found


def poisoned(batch, *, kinds, all_of_it):
    """The same batch as a source would send it that means harm."""
    texts = {(kind.name, c.name) for kind in kinds for c in kind.columns if c.type == "string"}

    def field(kind, name, value):
        if not isinstance(value, str) or (kind, name) not in texts:
            return value
        if any(word in name for word in ("url", "source", "page", "web")):
            return LINK
        return POISON if all_of_it or name in {"name", "title", "label", "road", "area"} else value

    return replace(
        batch,
        series=tuple(
            replace(one, title=POISON, thing=POISON, procedure=POISON, source_url=LINK)
            for one in batch.series
        ),
        observations=tuple(
            replace(one, result=POISON) if isinstance(one.result, str) else one
            for one in batch.observations
        ),
        records=tuple(
            replace(one, fields={n: field(one.kind, n, value) for n, value in one.fields.items()})
            for one in batch.records
        ),
    )


@pytest.fixture(params=[True, False], ids=["every-text", "names-and-links"])
def harmed(request, lake, in_city, settings, db):
    """A city all of whose sources mean harm."""
    settings.LIMITS_ON = False
    city = in_city("leeds")
    for feed in house.feeds():
        if feed.simulate is None:
            continue
        said = feed.simulate({**city.params(feed.name), "now": NOW}, NOW)
        said = poisoned(said, kinds=feed.kinds, all_of_it=request.param)
        fit = checks.check(said, feed=feed, box=None, now=NOW)
        lake.append(fit, feed=feed.name, key="1", now=NOW, origin=Origin.SIMULATED)
    kept.forget()
    yield lake
    kept.forget()


def list_pages(lake):
    """Every page without parts, and some of each sort that has them."""
    yield from (one for one in walk.PLAIN if not one.startswith(("/account/", "/desk/")))
    yield from walk.known_addresses(lake)
    for kind in lake.list_kinds():
        for entry in lake.list_records(kind, limit=1):
            for root in ("/travel/buses/", "/charging/", "/parking/", "/cycling/counters/"):
                yield f"{root}{entry.record.id}/"
    yield "/search/?q=" + "script"
    yield "/near/?ward=" + "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"


def test_a_page_that_would_run_something_is_found():
    assert code_in(f"<p>{POISON}</p>")
    assert code_in(f'<a href="{LINK}">x</a>')
    assert not code_in('<script type="module" src="/static/js/enhance.js"></script><a href="/x">')


def test_nothing_a_source_says_runs_in_a_page(harmed, client):
    found, seen = {}, 0
    for address in list_pages(harmed):
        answer = client.get(address)
        kind = answer.get("Content-Type", "")
        assert answer.status_code < 500, address
        if answer.streaming:
            continue
        text = answer.content.decode(errors="replace")
        seen += "alert(1)" in text
        if kind.startswith("text/html") and (code := code_in(text)):
            found[address] = code[:2]
        if "svg" in kind or "xml" in kind:
            assert "<script" not in text, address
        assert "\u202e" not in text, address
    assert found == {}
    assert seen > 5


def test_the_maps_features_link_to_pages_and_nothing_else(harmed, client):
    features = json.loads(client.get("/now/features.geojson").content)["features"]
    links = {one["properties"].get("url") or "/" for one in features}
    assert features
    assert [link for link in links if not link.startswith(("/", "https://"))] == []
