"""The probes' city with rain over hours, and words that have no place; and how it is asked."""

import json
from datetime import timedelta

import pytest
from tests.civic.opendata.conftest import NOW

from moothall.values.observations import Batch, Observation, Origin, Series

ROOT = "/api/sta/v1.1"
RAIN, GRID = "probe.calder.rain_mm", "probe.grid.share"


@pytest.fixture
def city(probes, monkeypatch):
    """The probes' city with hours of rain at another place, and words that have no place."""
    from moothall.civic.opendata.queries.sensorthings import kept

    monkeypatch.setattr(kept, "is_on", lambda: False)
    hours = tuple(
        Observation(
            series=RAIN,
            at=NOW - timedelta(hours=n + 1),
            until=NOW - timedelta(hours=n),
            result=n * 2.5,
            origin=Origin.REPLAYED,
        )
        for n in range(5)
    )
    words = tuple(
        Observation(series=GRID, at=NOW - timedelta(minutes=n, seconds=1.5), result=word)
        for n, word in enumerate(("low", "High", "it's"))
    )
    rain = Series(
        key=RAIN,
        title="Rain at O'Neil's",
        unit="mm",
        observed_property="rainfall",
        thing="Calder & Co",
        thing_id="C 1/2",
        procedure="tipping bucket",
        lon=-1.7,
        lat=53.7,
    )
    nowhere = Series(key=GRID, title="Share", unit="", observed_property="share", thing="The grid")
    batch = Batch(observations=hours, series=(rain,))
    probes.append(batch, feed="probe.readings", key="rain", now=NOW)
    probes.append(
        Batch(observations=words, series=(nowhere,)), feed="probe.readings", key="words", now=NOW
    )
    return probes


@pytest.fixture
def ask(client, city):
    """Ask the service by path and options: `ask("Things", top=1)`."""

    def get(path, *, status=200, **options):
        answer = client.get(f"{ROOT}/{path}", {f"${k}": v for k, v in options.items()})
        assert answer.status_code == status, answer.content
        return answer.json() if "json" in answer["Content-Type"] else answer.content.decode()

    return get


@pytest.fixture
def follow(client, city):
    """Follow a link of an answer as it stands."""

    def get(link):
        answer = client.get(link.removeprefix("http://testserver"))
        assert answer.status_code == 200, (link, answer.content)
        return answer.json()

    return get


@pytest.fixture
def sensed(lake, in_city, monkeypatch, settings):
    """An empty city that lets sensors tell of themselves."""
    from moothall.civic.opendata.feeds.sensed import FEED
    from moothall.kernel.registry import house

    in_city("leeds")
    settings.LIMITS_ON = False
    monkeypatch.setattr(house, "_feeds", {FEED.name: FEED})
    return lake


@pytest.fixture
def make_key(sensed):
    """Make a key: `make_key("School")`."""
    from moothall.kernel.feeds import push

    return lambda label: push.make_key("opendata.sensed", label=label, now=NOW)


@pytest.fixture
def send(client, make_key):
    """Write with a key: `send("POST", "Things", {...})` returns the answer, of the status said."""
    key = make_key("School")

    def write(method, path, body=None, *, status=None, key=key, **headers):
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        path = path.removeprefix("http://testserver").removeprefix(ROOT).lstrip("/")
        said = {"Authorization": f"Bearer {key}"} if key else {}
        answer = client.generic(
            method,
            f"{ROOT}/{path}",
            sent if body is not None else b"",
            content_type=headers.pop("content_type", "application/json"),
            headers={**said, **headers},
        )
        expected = status or {"POST": 201}.get(method, 200)
        assert answer.status_code == expected, (answer.status_code, answer.content)
        return answer

    return write


@pytest.fixture
def see(client, sensed):
    """Read: `see("Things(1)")`."""

    def get(path, *, status=200, **options):
        path = path.removeprefix("http://testserver").removeprefix(ROOT).lstrip("/")
        asked = {name if name == "as_of" else f"${name}": v for name, v in options.items()}
        answer = client.get(f"{ROOT}/{path}", asked)
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    return get
