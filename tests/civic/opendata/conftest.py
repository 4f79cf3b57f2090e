"""A small house for open data: one open feed of readings, one of things, one that is closed."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from moothall.kernel.feeds import raw, tables
from moothall.kernel.observations.entries import micros
from moothall.kernel.registry import Feed, Registry, Service
from moothall.values.observations import (
    Access,
    Batch,
    Column,
    Issue,
    Kind,
    Observation,
    Quality,
    Record,
    Series,
)

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
BODY = b'{"level": 1.25}'
HASH = sha256(BODY).hexdigest()
KIND = Kind(
    name="probe.thing",
    title="Things",
    columns=(Column(name="name"), Column(name="size", type="number", unit="m")),
    geometry="Point",
)
SECRET = Kind(name="probe.person", title="People", columns=(Column(name="name"),))


def parse(payload, params):
    """Read the probe's payload, with one issue."""
    if payload.body != BODY:
        raise ValueError("not the probe's")
    return Batch(
        observations=(Observation(series="probe.aire.level_m", at=NOW, result=1.25),),
        issues=(Issue(where="item 2", what="has no level"),),
    )


def feed(name, **changes):
    """Declare a feed."""
    said = {
        "title": f"Readings of {name}",
        "summary": "What the probe reads.",
        "publisher": "The Probe Office",
        "documentation": "https://probe.example/",
        "licence": "OGL-UK-3.0",
        "attribution": "Contains Probe Office data.",
        "every": timedelta(minutes=15),
        "stale_after": timedelta(hours=2),
        "parse": parse,
    }
    return Feed(name=name, **{**said, **changes})


FEEDS = (
    feed("probe.readings"),
    feed("probe.things", observes=False, kinds=(KIND,)),
    feed("probe.closed", access=Access.RESTRICTED, kinds=(SECRET,)),
)


def series(key, title, unit="m"):
    """Declare a series."""
    return Series(
        key=key, title=title, unit=unit, observed_property="level", thing=title, lon=-1.5, lat=53.8
    )


@pytest.fixture
def probes(lake, in_city, monkeypatch, settings, tmp_path):
    """Fill a lake from three feeds, and let the pack switch them on."""
    from moothall.kernel import packs
    from moothall.kernel.registry import house

    in_city("leeds")
    settings.RAW_STORE = str(tmp_path / "raw")
    registry = Registry()
    registry.fill([Service(name="probe", title="Probe", summary="", feeds=FEEDS)])
    monkeypatch.setattr(house, "_feeds", {one.name: one for one in FEEDS})
    monkeypatch.setattr(packs.Pack, "feeds_on", lambda self: {one.name: {} for one in FEEDS})
    level, state = "probe.aire.level_m", "probe.aire.state"
    readings = tuple(
        Observation(
            series=level,
            at=NOW - timedelta(minutes=15 * n),
            result=round(1.0 + n / 100, 2),
            quality=Quality.GOOD,
        )
        for n in range(96)
    )
    word = Observation(series=state, at=NOW, result="=cmd()|'x'!A1")
    declared = (series(level, "River Aire"), series(state, "State of the Aire", ""))
    lake.append(
        Batch(observations=(*readings, word), series=declared),
        feed="probe.readings",
        key="1",
        now=NOW,
        raw=HASH,
    )
    for n, size in enumerate((None, 2.5)):
        things = tuple(
            Record(
                kind="probe.thing",
                id=id,
                from_at=NOW - timedelta(hours=2 - n),
                fields={"name": name, "size": size},
                geometry={"type": "Point", "coordinates": [-1.5, 53.8]},
            )
            for id, name in (("a/1", "Ä <b>thing</b>"), ("b", "+1-2"))
        )
        lake.append(Batch(records=things), feed="probe.things", key=str(n), now=NOW, raw=HASH)
    hidden = "probe.hidden.level_m"
    lake.append(
        Batch(
            observations=(Observation(series=hidden, at=NOW, result=9.0),),
            series=(series(hidden, "Hidden"),),
            records=(Record(kind="probe.person", id="p", from_at=NOW, fields={"name": "Ann"}),),
        ),
        feed="probe.closed",
        key="1",
        now=NOW,
        raw=HASH,
    )
    raw.keep(BODY, HASH)
    with tables.database().transaction() as cursor:
        for number, one in enumerate(FEEDS):
            cursor.execute(
                "INSERT INTO feed_raw (number, sha256, feed, run, url, role, media_type, bytes,"
                " fetched_at, origin, shift, hold_future, stored)"
                " VALUES (?, ?, ?, 'r', 'https://probe.example/x', '', 'text/html', ?, ?, 0,"
                " 0, 0, 1)",
                (number, HASH, one.name, len(BODY), micros(NOW)),
            )
    return lake
