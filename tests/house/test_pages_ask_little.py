"""A page asks the lake a few questions, however many things it shows."""

from datetime import UTC, datetime

import pytest
from django.urls import URLPattern, get_resolver

from moothall.kernel.keeping import kept
from moothall.kernel.observations.database import Cursor

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
NEAR = ("/near/?ward=Armley", "/search/?q=armley")
MOST = 8
WHOLE_CITY = {
    **dict.fromkeys(("/", "/now/", "/now.json", "/now/list/", "/now/features.geojson"), 20),
    **dict.fromkeys(("/how-this-works/", *NEAR), 20),
    "/travel/": 12,
    "/api/features/collections": 30,
    "/api/openapi.json": 15,
    "/data/everything.zip": 30,
}
"""Pages that ask every service in turn: one question for each kind of thing there is."""
STORED = ("/desk/", "/account/", "/metrics", "/readyz")
"""Pages for the few, and those that ask how the stores are."""


def plain_pages() -> tuple[str, ...]:
    """Every address without parts that is a page for everybody."""

    def walk(patterns, root):
        for one in patterns:
            here = root + str(one.pattern).lstrip("^").rstrip("$")
            if isinstance(one, URLPattern):
                yield f"/{here}"
            else:
                yield from walk(one.url_patterns, here)

    found = {one for one in walk(get_resolver().url_patterns, "") if "<" not in one}
    return (*sorted(one for one in found if not one.startswith(STORED) and "(" not in one), *NEAR)


@pytest.fixture
def asked(monkeypatch):
    """The statements the lake's database was given: what a page asks twice is asked once."""
    statements = []
    run = Cursor._run

    def noted(self, sql, parameters=()):
        statements.append(sql)
        return run(self, sql, parameters)

    monkeypatch.setattr(Cursor, "_run", noted)
    return statements


@pytest.mark.django_db
def test_no_page_asks_the_lake_more_than_a_few_questions(client, inhabited, asked, settings):
    settings.LIMITS_ON = False
    many = {}
    for address in plain_pages():
        client.get(address)  # what a process reads once in its life is not the page's
        kept.forget()
        asked.clear()
        client.get(address)
        if len(asked) > WHOLE_CITY.get(address, MOST):
            many[address] = len(asked)

    assert many == {}


def test_the_walk_finds_the_pages_of_every_shelf():
    assert {"/", "/now/", "/flood/", "/travel/buses/", "/air/"} <= set(plain_pages())
