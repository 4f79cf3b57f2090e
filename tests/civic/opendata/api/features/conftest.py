"""A city of lamps on a grid, a few wards, wells that are read, and what nobody may see."""

from datetime import UTC, datetime, timedelta

import pytest

from moothall.kernel.registry import Feed
from moothall.values.observations import Access, Batch, Column, Kind, Observation, Record, Series

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ROOT = "/api/features"
LAMPS = Kind(
    name="lamps.lamp",
    title="Lamps",
    summary="Every lamp.",
    columns=(
        Column(name="name", meaning="What it is called"),
        Column(name="height", type="number", unit="m"),
        Column(name="count", type="integer"),
        Column(name="lit", type="boolean"),
        Column(name="set_on", type="date"),
        Column(name="seen_at", type="datetime"),
        Column(name="limit", meaning="A word that the standard has taken"),
    ),
    geometry="Point",
)
WARDS = Kind(
    name="lamps.ward", title="Wards", columns=(Column(name="name"),), geometry="MultiPolygon"
)
PEOPLE = Kind(
    name="lamps.keeper",
    title="Keepers",
    columns=(Column(name="name"),),
    geometry="Point",
    access=Access.PERSONAL,
)
PLANS = Kind(name="lamps.plan", title="Plans", columns=(Column(name="name"),))


def feed(name, **changes):
    """Declare a feed."""
    said = {
        "title": f"Readings of {name}",
        "summary": "How high the water stands.",
        "publisher": "The Well Office",
        "documentation": "https://wells.example/",
        "licence": "OGL-UK-3.0",
        "attribution": "Contains data of the Well Office.",
        "every": timedelta(minutes=15),
        "stale_after": timedelta(hours=1),
        "parse": lambda payload, params: Batch(),
    }
    return Feed(name=name, **{**said, **changes})


FEEDS = (
    feed("lamps.things", observes=False, kinds=(LAMPS, WARDS, PEOPLE, PLANS)),
    feed("wells.readings"),
    feed("wells.anywhere"),
    feed("wells.closed", access=Access.RESTRICTED),
)


def lamp(n):
    """The n-th lamp of five rows of five."""
    fields = {
        "name": f'Lamp {n} "Ä" <b>\'',
        "height": None if n == 3 else n / 2,
        "count": n,
        "lit": n % 2 == 0,
        "set_on": f"2025-01-{n + 1:02}",
        "seen_at": f"2025-06-01T{n % 24:02}:00:00+00:00",
        "limit": "none",
    }
    place = {"type": "Point", "coordinates": [-1.5 + n % 5 / 100, 53.8 + n // 5 / 100]}
    return Record(
        kind=LAMPS.name,
        id=f"lamp/{n:02}",
        from_at=NOW - timedelta(days=n),
        fields=fields,
        geometry=None if n == 24 else place,
    )


def ward(name, west):
    """A triangle: its box is twice as large as it is."""
    ring = [[west, 53.8], [west + 0.1, 53.8], [west, 53.9], [west, 53.8]]
    return Record(
        kind=WARDS.name,
        id=name,
        from_at=NOW,
        fields={"name": name},
        geometry={"type": "Polygon", "coordinates": [ring]},
    )


def well(name, **place):
    """A well."""
    return Series(
        key=f"wells.{name}.level_m",
        title=f"Level of {name}",
        unit="m",
        observed_property="level",
        thing=name,
        **place,
    )


@pytest.fixture
def city(lake, in_city, monkeypatch, settings, db):
    """Fill a lake, and let the pack switch every feed on."""
    from moothall.kernel import packs
    from moothall.kernel.registry import house

    in_city("leeds")
    settings.LIMITS_ON = False
    monkeypatch.setattr(house, "_feeds", {one.name: one for one in FEEDS})
    monkeypatch.setattr(packs.Pack, "feeds_on", lambda self: {one.name: {} for one in FEEDS})
    things = (
        *(lamp(n) for n in range(25)),
        ward("east", -1.5),
        ward("west", -1.7),
        Record(
            kind=PEOPLE.name,
            id="ann",
            from_at=NOW,
            fields={"name": "Ann"},
            geometry={"type": "Point", "coordinates": [-1.5, 53.8]},
        ),
        Record(kind=PLANS.name, id="plan", from_at=NOW, fields={"name": "Plan"}),
    )
    lake.append(Batch(records=things), feed="lamps.things", key="1", now=NOW)
    for number, name in enumerate(("readings", "anywhere", "closed")):
        place = {} if name == "anywhere" else {"lon": -1.5, "lat": 53.8}
        wells = [well(f"{name}{n}", **place) for n in range(2)]
        seen = tuple(
            Observation(series=one.key, at=NOW - timedelta(hours=hours), result=10.0 - hours)
            for one in wells
            for hours in range(3)
        )
        batch = Batch(series=tuple(wells), observations=seen)
        lake.append(batch, feed=f"wells.{name}", key=str(number), now=NOW)
    return lake


@pytest.fixture
def ask(city, client):
    """Ask for what stands at an address below the service's own, as a program."""

    def get(path, status=200, **headers):
        answer = client.get(f"{ROOT}{path}", headers=headers)
        assert answer.status_code == status, answer.content[:500]
        return answer

    return get
