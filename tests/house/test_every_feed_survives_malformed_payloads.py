"""No payload, however broken, stops a feed or brings in what is not true.

Two hundred payloads a feed, made from its own fixtures by breaking them: each is read, or refused
whole with a sentence; nothing else.
"""

import csv
import io
import json
import random
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path

import pytest

from moothall.kernel.feeds import reading
from moothall.kernel.packs import Pack
from moothall.kernel.registry import Feed, house
from moothall.site import discovery
from moothall.values.observations import Batch, Mender
from moothall.values.requests import Payload, Request
from moothall.values.times import is_utc

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
HOW_MANY = 200
LARGEST = 300_000

WHOLE = (
    b"",
    b" ",
    b"null",
    b"[]",
    b"{}",
    b"0",
    b'""',
    b"true",
    b"NaN",
    b"\x00" * 1000,
    b"\xff\xfe\xfa" * 100,
    b"\xef\xbb\xbf",
    b"<!doctype html><html><body><h1>503 Service Unavailable</h1></body></html>",
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"a,b,c\n1,2\n,,,,,,\n",
    b"PK\x03\x04" + b"\x00" * 200,
    b'{"items": null}',
    b'{"data": [null, 1, "x", []]}',
    b'{"type": "FeatureCollection", "features": [null, {}, {"geometry": 1}]}',
)
ODD = (
    None,
    "",
    "wet",
    True,
    -1,
    0,
    10**30,
    -(10**400),
    float("nan"),
    float("inf"),
    1e308,
    [],
    {},
    [[[[[]]]]],
    {"a": {"b": None}},
    "2026-01-05T09:15:00",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "2026-13-45T99:99:99Z",
    "NaN",
    "1e999",
    "٣",
    "\ud800",
    "\x00",
    "'; DROP TABLE series; --",
    "<script>alert(1)</script>",
    "x" * 10_000,
)

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
    packs = [Pack(folder=path.parent) for path in sorted((ROOT / "packs").glob("*/city.toml"))]
    chosen = next((pack for pack in packs if feed.name in pack.feeds_on()), packs[0])
    return {**chosen.params(feed.name), "now": NOW}


def broken_json(body: bytes, chance: random.Random) -> bytes | None:
    try:
        table = json.loads(body)
    except (ValueError, RecursionError):
        return None
    places = []

    def walk(node: object) -> None:
        if isinstance(node, dict | list):
            keys = node if isinstance(node, dict) else range(len(node))
            for key in keys:
                places.append((node, key))
                walk(node[key])

    walk(table)
    if not places:
        return None
    for node, key in chance.sample(places, min(len(places), chance.choice((1, 1, 3, 20)))):
        if isinstance(node, dict) and chance.random() < 0.2:
            node.pop(key, None)
        else:
            node[key] = chance.choice(ODD)
    # As a careless publisher would write it: NaN and Infinity included.
    return json.dumps(table).encode()


def broken_csv(body: bytes, chance: random.Random) -> bytes | None:
    try:
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error):
        return None
    if len(rows) < 2 or len(rows[0]) < 2:
        return None
    for _ in range(chance.choice((1, 3, 20))):
        row = chance.choice(rows if chance.random() < 0.3 else rows[1:])
        if row:
            row[chance.randrange(len(row))] = str(chance.choice(ODD))
            if chance.random() < 0.2:
                row.pop()
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def broken_bytes(body: bytes, chance: random.Random) -> bytes:
    what = chance.randrange(5)
    at = chance.randrange(len(body) + 1)
    if what == 0:
        return body[:at]
    if what == 1:
        return body[:at] + b"\xff\xc3\x28\x00" + body[at:]
    if what == 2:
        return body[at:] + body[:at]
    if what == 3:
        return body + body
    changed = bytearray(body)
    for _ in range(chance.choice((1, 5, 50))):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def payloads(bodies: list[bytes], chance: random.Random):
    yield from WHOLE
    for number in range(HOW_MANY - len(WHOLE)):
        body = bodies[number % len(bodies)][:LARGEST] if bodies else b"{}"
        made = None
        if number % 3:
            made = broken_json(body, chance) or broken_csv(body, chance)
        yield broken_bytes(body, chance) if made is None else made


def faults(batch: Batch) -> list[str]:
    """Name what in a batch cannot be true."""
    declared = {one.key for one in batch.series}
    found = [
        f"{one.series} is not declared" for one in batch.observations if one.series not in declared
    ]
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


@pytest.mark.parametrize("name", sorted(FEEDS))
def test_no_payload_breaks_it_or_brings_what_is_not_true(name: str) -> None:
    feed = FEEDS[name]
    given = params(feed)
    roles = ["", *(request.role for request in feed.requests(given))]
    chance = random.Random(name)
    bodies = [path.read_bytes() for path in fixtures(feed)]
    assert bodies, f"{name} has no fixture beside its test"
    read = 0
    for number, body in enumerate(payloads(bodies, chance)):
        role = roles[number % len(roles)]
        payload = Payload(
            body=body,
            request=Request(url="https://example.org/", role=role),
            fetched_at=NOW,
            sha256="0" * 64,
        )
        try:
            batch = reading.parse(feed, payload, given)
        except reading.UnableToParse as fault:
            assert fault.mender is Mender.PUBLISHER, (  # noqa: PT017
                f"payload {number} ({body[:80]!r}) broke our reader: {fault.__cause__!r}"
            )
            continue
        read += 1
        assert not faults(batch), f"payload {number} ({body[:80]!r})"
    # A parser that refuses everything would pass without having been tried.
    assert read, f"{name} could read none of {HOW_MANY} payloads"


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
