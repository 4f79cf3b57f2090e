"""A list that comes in several payloads says what is gone only if every part of it came."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from moothall.kernel.feeds import gathering, health, runner
from moothall.kernel.feeds.fetching import Answer, UnableToFetch, Validators
from moothall.kernel.feeds.reading import City
from moothall.kernel.feeds.runner import Surroundings
from moothall.kernel.registry import Feed
from moothall.values.observations import Batch, Column, Kind, Record
from moothall.values.requests import Payload, Request

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
KIND = Kind(name="made_up.thing", title="Things", columns=(Column(name="name"),), anywhere=True)
FIRST = "https://list.example/1"


def parse(payload, params):
    page = json.loads(payload.body)
    return Batch(
        records=tuple(
            Record(kind=KIND.name, id=one, from_at=payload.fetched_at, fields={"name": one})
            for one in page["things"]
        ),
        complete=frozenset({KIND.name}),
        follow=tuple(Request(url=url, part=True) for url in page.get("more", ())),
    )


FEED = Feed(
    name="made_up.list",
    title="A list",
    summary="",
    publisher="",
    documentation="",
    licence="",
    attribution="",
    every=timedelta(hours=1),
    stale_after=timedelta(hours=3),
    parse=parse,
    requests=lambda params: (Request(url=FIRST),),
    kinds=(KIND,),
    observes=False,
)


class Pages:
    """Answers from a table of pages; what is not there cannot be had."""

    def __init__(self, pages):
        self.pages = pages
        self.asked = []

    def fetch(self, request, *, feed, validators: Validators, now):
        self.asked.append(request.url)
        if request.url not in self.pages:
            raise UnableToFetch("nothing there")
        body = json.dumps(self.pages[request.url]).encode()
        return Answer(
            payload=Payload(
                body=body, request=request, fetched_at=now, sha256=sha256(body).hexdigest()
            )
        )

    def further(self, feed, *, asked):
        return ()


@pytest.fixture
def run(lake, settings, tmp_path):
    """Run the feed an hour later each time; return what is then listed."""
    settings.RAW_STORE = str(tmp_path / "raw")
    at = [NOW]

    def once(pages):
        fetcher = Pages(pages)
        around = Surroundings(fetcher=fetcher, city=City())
        runner.run(FEED, params={}, around=around, clock=lambda: at[0])
        at[0] += timedelta(hours=2)
        return {entry.record.id for entry in lake.list_records(KIND.name)}, fetcher.asked

    return once


def pages(*things, more=2):
    """A list on three pages."""
    links = [f"https://list.example/{n}" for n in range(2, 2 + more)]
    return {
        FIRST: {"things": things[:2], "more": links},
        **{url: {"things": things[2 * n : 2 * n + 2]} for n, url in enumerate(links, start=1)},
    }


def test_what_no_part_lists_any_longer_is_gone_and_what_another_part_lists_is_not(run):
    listed, asked = run(pages(*"abcdef"))
    assert listed == set("abcdef")
    assert len(asked) == 3
    # One moves to another page, one goes, and the last page says what it said before.
    listed, asked = run(pages(*"bcadf"))
    assert listed == set("abcdf")
    assert len(asked) == 3


def test_where_a_part_is_lacking_nothing_is_taken_to_be_gone(run):
    run(pages(*"abcdef"))
    fewer = pages(*"abxdef")
    del fewer["https://list.example/3"]
    listed, _asked = run(fewer)
    assert listed == set("abcdefx")
    assert health.list_runs(FEED.name)[0].outcome.value == "partial"
    listed, _asked = run(pages(*"abxdef"))
    assert listed == set("abxdef")


def test_a_list_that_brings_more_than_memory_is_for_is_left_and_nothing_of_it_taken_to_be_gone(
    run, monkeypatch
):
    run(pages(*"abcdef"))
    monkeypatch.setattr(gathering, "MOST_BYTES", 1)
    listed, asked = run(pages(*"xbcdef"))
    assert len(asked) == 1
    assert set("abcdef") <= listed
    said = [issue.what for issue in health.list_issues(FEED.name)]
    assert any("in one run" in words for words in said)


def test_pages_that_lead_in_a_circle_are_each_asked_once(run):
    circle = pages(*"abcdef")
    circle["https://list.example/3"]["more"] = ["https://list.example/2"]
    circle["https://list.example/2"]["more"] = ["https://list.example/3"]
    listed, asked = run(circle)
    assert listed == set("abcdef")
    assert len(asked) == 3


def test_a_list_may_be_longer_than_any_chain_of_other_links(run):
    chain = {
        f"https://list.example/{n}": {
            "things": [f"t{n}"],
            "more": [f"https://list.example/{n + 1}"] if n < 60 else [],
        }
        for n in range(1, 61)
    }
    listed, asked = run(chain)
    assert len(listed) == len(asked) == 60
