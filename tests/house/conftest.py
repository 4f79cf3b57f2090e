"""A city its feeds' stand-ins have spoken of; and payloads that mean harm, made from good ones,
hundreds a feed, the same every time."""

import csv
import io
import json
import random
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache

import pytest
from google.transit import gtfs_realtime_pb2

from moothall.kernel import packs
from moothall.kernel.keeping import kept
from moothall.kernel.registry import house
from moothall.values.observations import Origin

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)

Bodies = list[bytes]

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
    b"\xff\xfe",
    b"<!doctype html><html><body><h1>503 Service Unavailable</h1></body></html>",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"<a>" * 100_000,
    b"a,b,c\n1,2\n,,,,,,\n",
    b"PK\x03\x04" + b"\x00" * 200,
    b'{"items": null}',
    b'{"items": [null, 1, "x", [], {}, [[]]]}',
    b'{"data": [null, 1, "x", [], {"data": [null, 1]}, {"regions": [null, 1]}]}',
    b'{"data": {"stations": [null, 1, "x", [], {}], "feeds": null}}',
    b'{"data": {"bikes": [null, 1, "x", [], {}]}}',
    b'{"type": "FeatureCollection", "features": [null, {}, {"geometry": 1}, {"properties": 1}]}',
    b'{"ChargeDevice": [null, 1, {}, {"Connector": 5}, {"ChargeDeviceLocation": [1]}]}',
    b"[null, 1, true, [], {}, [[[]]]]",
    b'{"error": [1]}',
    b'{"features": {"a": 1}, "items": 5, "data": 5}',
    b'"' + b"x" * 300_000,
)
ODD = (
    None,
    "",
    "wet",
    True,
    -1,
    0,
    1,
    10**30,
    -(10**400),
    float("nan"),
    float("inf"),
    float("-inf"),
    1e308,
    -273.16,
    [],
    {},
    [None],
    [[[[[]]]]],
    {"a": {"b": None}},
    "2026-01-05T09:15:00",
    "2026-02-30T00:00:00Z",
    "0000-00-00T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "2027-01-05T09:15:00Z",
    "2026-10-25 01:30:00",
    "2027-03-28 01:30:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    1_767_604_500_000,
    "2026-13-45T99:99:99Z",
    "NaN",
    "1e999",
    "1,5",
    "1_0",
    "٣",
    "\ud800",
    "\x00",
    "=1+cmd|'/C calc'!A0",
    "'; DROP TABLE series; --",
    "<script>alert(1)</script>",
    "../../../etc/passwd",
    "x" * 10_000,
)
DATES = (
    "2026-02-30",
    "0000-00-00",
    "9999-12-31",
    "2027-01-05",
    "2026-10-25",
    "2027-03-28",
    "1767604500000",
    "05/01/2026",
    "",
)
_DATE = re.compile(rb"\d{4}-\d\d-\d\d|\d\d-\d\d-\d{4}|\d\d/\d\d/\d{4}")
_SECONDS = re.compile(rb"(?<!\d)1[67]\d{8}(?!\d)")


def broken_json(body: bytes, chance: random.Random) -> bytes | None:  # noqa: C901 - a list of ways
    """Break a JSON text in its values, or None if it is none."""
    try:
        table = json.loads(body)
    except (ValueError, RecursionError):
        return None
    places = []

    def walk(node: object) -> None:
        if isinstance(node, dict | list):
            for key in node if isinstance(node, dict) else range(len(node)):
                places.append((node, key))
                walk(node[key])

    walk(table)
    if not places:
        return None
    for node, key in chance.sample(places, min(len(places), chance.choice((1, 1, 3, 20)))):
        if isinstance(node, dict) and chance.random() < 0.2:
            node.pop(key, None)
        elif chance.random() < 0.1:
            # A list where there was an object, an object where there was a list.
            node[key] = [node.get(key)] if isinstance(node, dict) else {"0": node[key]}
        else:
            node[key] = chance.choice(ODD)
    # As a careless publisher would write it: NaN and Infinity included.
    text = json.dumps(table)
    how = chance.randrange(12)
    if how == 0:
        return text.encode("utf-16")
    if how == 1:
        return b"\xef\xbb\xbf" + text.encode()
    if how == 2:
        # Every name twice in its object, the second time with nothing.
        return re.sub(r'"(\w+)": ', r'"\1": null, "\1": ', text).encode()
    if how == 3:
        return text.replace(": ", ": " + "[" * 400, 1).encode()
    return text.encode()


def broken_csv(body: bytes, chance: random.Random) -> bytes | None:  # noqa: C901, PLR0912 - so
    """Break a CSV file in its cells, columns, quoting or encoding, or None if it is none."""
    try:
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error):
        return None
    if len(rows) < 2 or max(len(row) for row in rows) < 2:
        return None
    how = chance.randrange(14)
    column = chance.randrange(max(map(len, rows)))
    if how == 0:
        rows = [row[:column] + row[column + 1 :] for row in rows]
    elif how == 1:
        rows = [row[: column + 1] + row[column:] for row in rows]
    elif how == 2:
        rows = [["café £", *row] for row in rows]
    elif how == 3:
        rows = [[cell.replace(".", ",") for cell in row] for row in rows]
    elif how == 4:
        rows = [chance.sample(row, len(row)) for row in rows]
    for _ in range(chance.choice((1, 3, 20))):
        row = chance.choice(rows if chance.random() < 0.3 else rows[1:])
        if row:
            row[chance.randrange(len(row))] = str(chance.choice(ODD))
            if chance.random() < 0.2:
                row.pop()
    out = io.StringIO()
    csv.writer(out, delimiter=";" if how == 5 else ",").writerows(rows)
    text = out.getvalue()
    if how == 6:
        return text.encode("cp1252", "replace")
    if how == 7:
        return text.encode("utf-16", "surrogatepass")
    if how == 8:
        return text.replace("\r\n", "\r").encode("utf-8", "surrogatepass")
    if how == 9:
        at = chance.randrange(len(text))
        return f'{text[:at]}"{text[at:]}'.encode("utf-8", "surrogatepass")
    if how == 10:
        return text.replace(",", ',"a\r\nb\x00",', 3).encode("utf-8", "surrogatepass")
    return text.encode("utf-8", "surrogatepass")


def broken_xml(body: bytes, chance: random.Random) -> bytes | None:
    """Break an XML text, or None if it is none."""
    if not body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return None
    how = chance.randrange(6)
    root = re.search(rb"<(?![?!])[^>]*>", body)
    if how == 0 and root:
        laugh = b"".join(
            b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"ha") for n in range(10)
        )
        inner = b"<!DOCTYPE lol [%s]>" % laugh
        return inner + root[0] + b"&l9;" + body[root.end() :]
    if how == 1 and root:
        inner = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        return inner + root[0] + b"&x;" + body[root.end() :]
    if how == 2:
        return body.replace(b"xmlns", b"xmlns:other")
    if how == 3:
        return re.sub(rb"http[^\"]*", b"urn:another", body)
    texts = list(re.finditer(rb">([^<>\s][^<>]*)<", body))
    for found in chance.sample(texts, min(len(texts), chance.choice((1, 3, 10)))):
        odd = str(chance.choice(ODD)).encode("utf-8", "replace")
        body = body.replace(found[0], b">" + odd.replace(b"<", b"&lt;") + b"<", 1)
    return body


def broken_message(body: bytes, chance: random.Random) -> bytes | None:  # noqa: C901 - so
    """Break a GTFS-Realtime message, or None if it is none."""
    try:
        message = gtfs_realtime_pb2.FeedMessage.FromString(body)
    except Exception:
        return None
    if not message.entity:
        return None
    odd = (float("nan"), float("inf"), -float("inf"), 91.0, 181.0, -500.0, 1e38, 0.0)
    seconds = (0, 1, 2**63, 2**64 - 1, 1_767_604_500_000, 253_402_300_800, 4_000_000_000)
    for entity in chance.sample(list(message.entity), min(len(message.entity), 3)):
        told = entity.vehicle
        here = told.position
        what = chance.randrange(7)
        if what == 0:
            here.latitude, here.longitude = here.longitude, here.latitude
        elif what == 1:
            here.latitude = chance.choice(odd)
        elif what == 2:
            here.longitude = chance.choice(odd)
        elif what == 3:
            told.timestamp = chance.choice(seconds)
        elif what == 4:
            here.bearing, here.speed = chance.choice(odd), chance.choice(odd)
        elif what == 5:
            entity.id = told.vehicle.id = chance.choice(("", "x" * 10_000, "\x00", "a b/../c"))
        else:
            message.header.timestamp = chance.choice(seconds)
    whole = message.SerializeToString()
    if chance.random() < 0.3:
        # A field nobody knows, and one that says it is longer than the message.
        whole += b"\xa2\x1f\x03abc" + chance.choice((b"", b"\x12\xff\xff\xff\x7f"))
    return whole


@cache
def bomb(names: tuple[str, ...], how: int) -> bytes:
    """Make an archive that unpacks to very much: in a member more, or in those it has."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        if how == 1:
            new.writestr("bomb.json", b" " * 40_000_000)
        for name in names[:4] if how == 2 else ():
            new.writestr(name, b"\x00" * 30_000_000)
    return made.getvalue()


def broken_zip(body: bytes, chance: random.Random) -> bytes | None:  # noqa: C901 - so
    """Break an archive or its members, or None if it is none."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
    except zipfile.BadZipFile:
        return None
    members = [(name, archive.read(name)) for name in archive.namelist()]
    how = chance.randrange(9)
    if how in {1, 2} and chance.random() < BOMBS:
        return bomb(tuple(name for name, _ in members), how)
    if how == 0:
        members = [(f"../../{name}", told) for name, told in members]
    elif how == 1:
        members.append(("odd.json", b" " * 400_000))
    elif how == 2:
        members = [(name, b"\x00" * 300_000) for name, _ in members[:4]]
    elif how == 3:
        members = [(name.replace(".csv", ".exe"), told) for name, told in members]
    elif how == 4:
        members += [(f"{number}.csv", b"") for number in range(2_100)]
    else:
        members = [
            (name, broken_json(told, chance) or broken_csv(told, chance) or told)
            for name, told in members
        ]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name, told in members:
            new.writestr(name, told)
    whole = bytearray(made.getvalue())
    if how == 5:
        # The flag that says the first member is encrypted, in both places.
        for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            place = whole.find(mark) + at
            whole[place : place + 2] = struct.pack("<H", 1)
    if how == 6:
        return bytes(whole[: chance.randrange(len(whole))])
    return bytes(whole)


def broken_dates(body: bytes, chance: random.Random) -> bytes | None:
    """Put days that never were, or not yet, where days stand; None where none does."""
    day = chance.choice(DATES).encode()
    if found := list(_DATE.finditer(body)):
        one = chance.choice(found)
        if chance.random() < 0.5:
            return _DATE.sub(day, body)
        return body[: one.start()] + day + body[one.end() :]
    if _SECONDS.search(body):
        odd = (b"1767604500000", b"-1", b"1e30", b"253402300800", b"1.5", b"1792891800")
        return _SECONDS.sub(chance.choice(odd), body)
    return None


def broken_bytes(body: bytes, chance: random.Random) -> bytes:
    """Cut, turn, double or flip the bytes of anything."""
    what = chance.randrange(6)
    at = chance.randrange(len(body) + 1)
    if what <= 1:
        return body[:at]
    if what == 2:
        return body[:at] + b"\xff\xc3\x28\x00" + body[at:]
    if what == 3:
        return body[at:] + body[:at]
    if what == 4:
        return body + body
    changed = bytearray(body)
    for _ in range(chance.choice((1, 5, 50))):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


BOMBS = 0.1
"""How many of the archives that could be bombs are: to read one takes as long as all else."""
MAKERS = (broken_json, broken_csv, broken_xml, broken_message, broken_zip)


@pytest.fixture(scope="session")
def break_payloads() -> Callable[..., Iterator[bytes]]:
    """Make so many broken payloads of good ones, the same for the same name every time.

    Asked for some of them only, by their numbers, it makes no others.
    """

    def make(
        bodies: Bodies, name: str, how_many: int, some: range | None = None
    ) -> Iterator[bytes]:
        for number in range(how_many) if some is None else some:
            if number < len(WHOLE):
                yield WHOLE[number]
                continue
            chance = random.Random(f"{name} {number}")
            body = bodies[number % len(bodies)]
            made = None
            if number % 5 == 0:
                made = broken_dates(body, chance)
            elif number % 5 < 4:
                made = next((one for make in MAKERS if (one := make(body, chance))), None)
            yield broken_bytes(body, chance) if made is None else made

    return make


@pytest.fixture
def inhabited(lake, in_city):
    """A city in which every feed's stand-in has spoken, so that pages have something to say."""
    city = in_city("leeds")
    for feed in house.feeds():
        if feed.simulate is not None:
            said = feed.simulate({**city.params(feed.name), "now": NOW}, NOW)
            lake.append(said, feed=feed.name, key="1", now=NOW, origin=Origin.SIMULATED)
    packs.current.cache_clear()
    kept.forget()
    yield lake
    kept.forget()
