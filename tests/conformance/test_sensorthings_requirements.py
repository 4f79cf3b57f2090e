"""Each class of requirements of SensorThings 1.1, case by case, over the service itself."""

import json

import pytest
from tests.conformance.sensorthings_cases import CLASSES, MADE

from moothall.kernel.feeds import push

ROOT = "/api/sta/v1.1"


@pytest.fixture
def ask(client, lake, in_city, monkeypatch, settings):
    """Ask the service, with a key, of an empty lake."""
    from moothall.civic.opendata.feeds.sensed import FEED
    from moothall.kernel import clock
    from moothall.kernel.registry import house

    in_city("leeds")
    settings.LIMITS_ON = False
    monkeypatch.setattr(house, "_feeds", {FEED.name: FEED})
    key = push.make_key(FEED.name, label="conformance", now=clock.now())

    def send(method, path, body):
        path, _, options = path.partition("?")
        asked = [pair.split("=", 1) for pair in options.split("&$") if pair]
        named = {("$" + name.removeprefix("$")): value for name, value in asked}
        if method == "GET":
            return client.get(f"{ROOT}/{path}", named)
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        said = {"Authorization": f"Bearer {key}"}
        return client.generic(
            method, f"{ROOT}/{path}", sent, content_type="application/json", headers=said
        )

    return send


def find(body, path):
    """Follow a path through an answer; `#` is how many there are."""
    for step in path.split("/") if path not in body or isinstance(body, list) else [path]:
        if step == "#":
            return len(body)
        body = body[int(step)] if isinstance(body, list) else body[step]
    return body


@pytest.mark.django_db
@pytest.mark.parametrize("name", CLASSES)
def test_every_case_of_a_class_is_answered_as_the_standard_has_it(ask, name):
    wrong = []
    cases = [*MADE, *CLASSES[name]]
    for method, path, body, status, holds in cases:
        answer = ask(method, path, body)
        said = json.loads(answer.content) if answer.content.startswith((b"{", b"[")) else None
        faults = [] if answer.status_code == status else [answer.status_code]
        for where, expected in holds.items() if not faults else ():
            try:
                found = find(said, where)
            except (KeyError, IndexError, TypeError):
                faults.append(f"no {where}")
                continue
            right = isinstance(found, expected) if isinstance(expected, type) else found == expected
            if expected is not ... and not right:
                faults.append(f"{where} is {found!r}")
        if method == "POST" and status == 201 and not path.startswith("Create"):
            faults += [] if answer.headers.get("Location") else ["no Location"]
        wrong += [(method, path, faults)] if faults else []
    assert wrong == []


def test_there_are_cases_of_every_set():
    count = sum(len(cases) for cases in CLASSES.values())
    assert count > 150
