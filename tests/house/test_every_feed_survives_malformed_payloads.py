"""No payload, however broken, stops a feed or brings in what is not true.

Hundreds of payloads a feed, made from its own fixtures by breaking them in the ways of their format
(`conftest.py`): each is read, or refused whole with a sentence; nothing else. Some go all the way
into the lake, and the pages are asked for.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import isfinite
from pathlib import Path

import pytest

from moothall.kernel.feeds import checks, reading, runner
from moothall.kernel.feeds.fetching import Answer
from moothall.kernel.feeds.runs import Outcome
from moothall.kernel.packs import Pack
from moothall.kernel.registry import Feed, house
from moothall.site import discovery
from moothall.values.observations import EXCERPT, Batch, Mender, Quality
from moothall.values.requests import Payload, Request
from moothall.values.times import is_utc

ROOT = Path(__file__).parents[2]
PACKS = sorted((ROOT / "packs").glob("*/city.toml"))
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
HOW_MANY = 230
THROUGH = 8
"""How many of a feed's go all the way into the lake."""
EARLIEST, LATEST = datetime(1800, 1, 1, tzinfo=UTC), NOW + timedelta(days=366)

PLAUSIBLE = {
    "m": (-20, 700),
    "mm": (0, 100),
    "ug/m3": (-20, 5_000),
    "g/(kW.h)": (0, 1_500),
    "%": (0, 100.5),
    "1": (0, 8_000_000),
}
"""What can be, by the unit of a series: beyond it the quality must say so."""
OF_PYTHON = re.compile(
    r"object is not|object has no|unhashable|NoneType|Traceback|<class|datetime\.datetime"
    r"|expected str|must be str|argument|codec|unpack \("
)
"""Words that tell of our code and not of what a publisher sent."""

discovery.fill_registry()
FEEDS = {feed.name: feed for feed in house.feeds()}


def fixtures(feed: Feed) -> list[Path]:
    """Find a feed's fixtures: beside its test, at the path that mirrors its own."""
    module = feed.parse.__module__.split(".")[1:]
    folder = ROOT.joinpath("tests", *module[:-1])
    return sorted(
        path
        for path in folder.glob(f"{module[-1]}[._]*")
        if path.suffix != ".py" and path.is_file()
    )


def params(feed: Feed) -> dict:
    """Use the first pack that switches the feed on, or any city at all."""
    packs = [Pack(folder=path.parent) for path in PACKS]
    chosen = next((pack for pack in packs if feed.name in pack.feeds_on()), packs[0])
    return {**chosen.params(feed.name), "now": NOW}


def faults(batch: Batch) -> list[str]:
    """Name what in a batch cannot be true."""
    declared = {one.key for one in batch.series}
    found = [
        f"{one.series} is not declared" for one in batch.observations if one.series not in declared
    ]
    found += [
        f"{issue.where} is said in our words: {issue.what}"
        for issue in batch.issues
        if OF_PYTHON.search(issue.what) or not issue.what or len(issue.item) > EXCERPT
    ]
    found += list(impossible(batch))
    for record in batch.records:
        found += [
            f"{record.kind} {record.id} {name} is {value}"
            for name, value in record.fields.items()
            if isinstance(value, float) and not isfinite(value)
        ]
        # Raises if there is anything in it that no page could show.
        json.dumps([record.geometry, dict(record.fields)], allow_nan=False)
    if batch.as_of is not None and not is_utc(batch.as_of):
        found.append(f"as_of is {batch.as_of}")
    for one in batch.series:
        for name, value, most in (("lon", one.lon, 180), ("lat", one.lat, 90)):
            if value is not None and not (isfinite(value) and abs(value) <= most):
                found.append(f"{one.key} {name} is {value}")
    return found


def impossible(batch: Batch) -> Iterator[str]:
    """Name what no instrument could have measured, or not then, and is not said to be doubtful."""
    units = {one.key: one.unit for one in batch.series}
    told = [(one.series, one.at, one.result, one.quality) for one in batch.observations]
    if batch.table is not None:
        told += [
            (row["series"], row["at"], row["value"], row["quality"])
            for row in batch.table.to_pylist()
        ]
    for series, at, value, quality in told:
        if not EARLIEST <= at <= LATEST:
            yield f"{series} was measured at {at}"
        if isinstance(value, int | float) and quality != Quality.SUSPECT:
            least, most = PLAUSIBLE[units[series]]
            if not least <= value <= most:
                yield f"{series} is {value} {units[series]}"


@pytest.fixture
def no_limits(settings) -> None:
    """One reader asks for more pages here than a person does."""
    settings.LIMITS_ON = False


def given_to(feed: Feed, number: int, body: bytes, roles: list[str]) -> Payload:
    return Payload(
        body=body,
        request=Request(url="https://example.org/", role=roles[number % len(roles)]),
        fetched_at=NOW,
        sha256=sha256(body).hexdigest(),
    )


@pytest.mark.parametrize("name", sorted(FEEDS))
def test_no_payload_breaks_it_or_brings_what_is_not_true(name: str, break_payloads) -> None:
    feed = FEEDS[name]
    given = params(feed)
    roles = ["", *(request.role for request in feed.requests(given))]
    bodies = [path.read_bytes() for path in fixtures(feed)]
    assert bodies, f"{name} has no fixture beside its test"
    read = 0
    for number, body in enumerate(break_payloads(bodies, name, HOW_MANY)):
        payload = given_to(feed, number, body, roles)
        try:
            batch = reading.parse(feed, payload, given)
        except reading.UnableToParse as fault:
            assert fault.mender is Mender.PUBLISHER, (  # noqa: PT017
                f"payload {number} ({body[:80]!r}) broke our reader: {fault.__cause__!r}"
            )
            assert not OF_PYTHON.search(str(fault)), f"payload {number}: {fault}"  # noqa: PT017
            continue
        read += 1
        kept = checks.check(batch, feed=feed, box=None, now=NOW)
        assert not faults(kept), f"payload {number} ({body[:80]!r})"
    # A parser that refuses everything would pass without having been tried.
    assert read, f"{name} could read none of {HOW_MANY} payloads"


@pytest.mark.usefixtures("lake", "no_limits")
@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(FEEDS))
def test_broken_payloads_go_through_the_whole_house_and_its_pages_still_answer(
    name: str, break_payloads, in_city, client
) -> None:
    feed = FEEDS[name]
    on = (path.parent for path in PACKS if name in Pack(folder=path.parent).feeds_on())
    in_city(next(on, PACKS[0].parent).name)
    given = params(feed)
    roles = ["", *(request.role for request in feed.requests(given))]
    bodies = [path.read_bytes() for path in fixtures(feed)]
    some = range(len(bodies), HOW_MANY, HOW_MANY // THROUGH)
    made = break_payloads(bodies, name, HOW_MANY, some)
    for number, body in enumerate(made):
        run = runner.take_in(
            feed,
            Answer(payload=given_to(feed, number, body, roles)),
            params=given,
            city=reading.City(),
            clock=lambda: NOW + timedelta(seconds=1),
        )
        assert run.outcome in Outcome, f"payload {number}"
    own = house.service(name.partition(".")[0]).pages
    for address in ("/", "/now/", "/data/", f"/data/feeds/{name}/", *(one.url for one in own)):
        assert client.get(address).status_code < 500, address


def test_a_parser_that_breaks_would_be_seen():
    def careless(payload: Payload, params: object) -> Batch:
        return json.loads(payload.body)["items"][0].rpartition("/")

    feed = Feed(
        name="made_up.careless",
        title="",
        summary="",
        publisher="",
        documentation="",
        licence="",
        attribution="",
        every=timedelta(1),
        stale_after=timedelta(1),
        parse=careless,
    )
    payload = Payload(
        body=b'{"items": [null]}', request=Request(url="x:"), fetched_at=NOW, sha256="0" * 64
    )
    with pytest.raises(reading.UnableToParse) as caught:
        reading.parse(feed, payload, {})
    assert caught.value.mender is Mender.US
