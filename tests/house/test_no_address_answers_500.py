"""Every address of the house, asked hostile things: it answers, and never with a fault of ours."""

import re
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import chain, cycle

import pytest
from django.urls import URLPattern, get_resolver

from moothall.kernel import packs
from moothall.kernel.registry import house

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
HOSTILE = (
    "%00",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "';DROP%20TABLE%20series;--",
    "%ff%fe",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "%E2%80%AE%EF%BB%BF%0d%0aSet-Cookie:%20a=b",
    "%ED%A0%80",
    "{{7*7}}%25s%(a)s",
    "-1",
    "9" * 40,
    "1e999",
    "nan",
    "0001-01-01T00:00:00%2B23:59",
    "%D9%A3",
    "a" * 3000,
    "%25%5F%25.%25",
)
PARAMETERS = (
    *("after", "asked", "before", "feed", "from", "layers", "near", "next", "page", "postcode"),
    *("prefix", "q", "rapid", "route", "series", "to", "until", "verify", "ward", "within_m"),
)
HEADERS = (
    {"HTTP_ACCEPT_LANGUAGE": "x" * 5000},
    {"HTTP_ACCEPT_LANGUAGE": "gu;q=nan, ur;q=-1, \xff"},
    {"HTTP_COOKIE": "moothall=\xff\x00; django_language=../../etc; moothall-form=a"},
    {"HTTP_IF_NONE_MATCH": '"', "HTTP_IF_MODIFIED_SINCE": "Mon, 99 Foo 99999 99:99:99 GMT"},
    {"HTTP_RANGE": "bytes=9-1,-99999999999999999999"},
    {"HTTP_AUTHORIZATION": "Bearer \xff\udc80"},
    {"HTTP_X_FORWARDED_FOR": "a, b, 999.1.1.1, ::ffff:1.2.3.4%eth0"},
    {"HTTP_HOST": "evil.example:99999"},
    {"HTTP_ACCEPT_ENCODING": "gzip;q=0, br;q=nan"},
)
OTHERS = ("POST", "PUT", "HEAD", "OPTIONS")
MAYBE = re.compile(r"\(\?:[^()]*\)\?")
"""A part of an address that may be left out, and here is."""
GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)|<(?:\w+:)?(\w+)>")


def list_routes():
    """Every address of the house, with the names of its parts in angle brackets."""

    def walk(patterns, root):
        for one in patterns:
            here = root + str(one.pattern).lstrip("^")
            if isinstance(one, URLPattern):
                plain = MAYBE.sub("", here)
                yield "/" + plain.replace(r"\.", ".").rstrip("$\\Z")
            else:
                yield from walk(one.url_patterns, here)

    return sorted(set(walk(get_resolver().url_patterns, "")))


ROUTES = list_routes()
PLAIN = tuple(route for route in ROUTES if not GROUP.search(route))


def filled(route, words):
    """The route with the same words in each of its parts."""
    return GROUP.sub(lambda _: words, route)


def known_addresses(lake):
    """An address of something that is there, for each sort of thing."""
    for series in lake.list_series()[:40:20]:
        yield f"/data/series/{series.series.key}/"
    on = packs.current().feeds_on()
    for feed in [one for one in house.feeds() if one.name in on and one.observes][:2]:
        yield from (f"/data/{feed.name}.{form}" for form in ("csv", "geojson", "parquet"))
        yield f"/data/feeds/{feed.name}/"
    for kind in lake.list_kinds():
        for record in lake.list_records(kind, limit=1):
            yield f"/data/{kind}/records/{record.record.id}/"


def answered(client, address, method="GET", **more):
    """Ask, read the whole answer, and return its status."""
    answer = client.generic(method, address, **more)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code


@pytest.fixture
def asker(client, settings, db):
    """A stranger who is told of faults as strangers are."""
    settings.LIMITS_ON = False
    client.raise_request_exception = False
    return client


@pytest.fixture
def officer(asker, sign_in):
    """An administrator, who gets past every door."""
    return sign_in("admin")


def faults(client, asked):
    """Ask each address and return those that our code broke on."""
    nonsense = {"data": b"\xff{[\x00", "content_type": "application/json"}
    return [
        (method, address[:200])
        for method, address in asked
        if answered(client, address, method, **nonsense) == HTTPStatus.INTERNAL_SERVER_ERROR
    ]


def test_the_walk_finds_the_addresses_of_every_storey():
    assert {"/", "/data/<str:name>/", "/desk/feeds/<str:feed>/run", "/healthz"} <= set(ROUTES)
    assert all("<" not in filled(route, "x") and "(" not in filled(route, "x") for route in ROUTES)


def test_the_city_is_inhabited_and_its_addresses_answer(asker, inhabited):
    assert [
        one for one in known_addresses(inhabited) if answered(asker, one) != HTTPStatus.OK
    ] == []


def test_hostile_words_in_an_address_are_answered(officer, inhabited):
    with_parts = [route for route in ROUTES if route not in PLAIN]
    asked = [("GET", filled(route, words)) for route in with_parts for words in HOSTILE]
    assert faults(officer, asked) == []


def test_hostile_words_in_a_query_are_answered(asker, inhabited):
    addresses = (*PLAIN, *known_addresses(inhabited))
    together = [
        f"{address}?{'&'.join(f'{name}={words}' for name in PARAMETERS)}"
        for words in HOSTILE[:2]
        for address in addresses
    ]
    # Each parameter alone, or the first would hide the others; the words take turns.
    turns = cycle(HOSTILE)
    alone = [f"{one}?{name}={next(turns)}" for one in addresses for name in PARAMETERS[::4]]
    assert faults(asker, [("GET", address) for address in chain(together, alone)]) == []


def test_every_method_is_answered(asker, inhabited):
    asked = [(method, filled(route, "x")) for method in OTHERS for route in ROUTES]
    assert faults(asker, asked) == []


def test_an_officer_may_send_nonsense_to_every_form(officer, inhabited):
    assert faults(officer, [("POST", filled(route, "x")) for route in ROUTES]) == []


def test_hostile_headers_are_answered(asker, inhabited, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1/32"]
    asked = ("/", "/near/", "/data/", "/metrics", "/ingest/x.y/", "/static/x", "/account/login/")
    bad = [
        (address, headers)
        for headers in HEADERS
        for address in (*asked, *list(known_addresses(inhabited))[::5])
        if answered(asker, address, **headers) == HTTPStatus.INTERNAL_SERVER_ERROR
    ]
    assert bad == []
