"""No officers' page opens to a stranger, to a password alone, or to a form from elsewhere."""

import re

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve

from moothall.kernel.identity.roles import LADDER, Role

pytestmark = pytest.mark.django_db


PART = re.compile(r"<str:(\w+)>")
PARTS = {
    "feed": "flood.readings",
    "sha256": "0" * 64,
    "table": "trees",
    "catalogue": "data_mill_north",
    "slug": "how-high",
}


def list_desk_addresses():
    """Every address under /desk/, with something in place of its parts."""

    def walk(patterns, root):
        for one in patterns:
            here = root + str(one.pattern)
            if isinstance(one, URLPattern):
                yield "/" + here
            else:
                yield from walk(one.url_patterns, here)

    for address in sorted(set(walk(get_resolver().url_patterns, ""))):
        if address.startswith("/desk/"):
            yield PART.sub(lambda part: PARTS[part[1]], address)


ADDRESSES = tuple(list_desk_addresses())


def ask(client, address):
    """Ask in each way an address may be asked; return the answers that are not "not so"."""
    answers = [client.get(address), client.post(address), client.head(address)]
    return [answer for answer in answers if answer.status_code != 405]


def test_there_are_officers_pages():
    assert "/desk/feeds/flood.readings/run" in ADDRESSES
    assert not [address for address in ADDRESSES if "<" in address]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_stranger_is_sent_to_sign_in(client, lake, address):
    answers = ask(client, address)

    assert answers
    assert {answer.get("Location", "").partition("?")[0] for answer in answers} == {
        "/account/login/"
    }


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_password_alone_opens_nothing(sign_in, lake, address):
    answers = ask(sign_in("admin", second_factor=False), address)

    assert {answer.get("Location", "") for answer in answers} == {"/account/2fa/"}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_account_without_a_role_opens_nothing(sign_in, lake, address):
    client = sign_in("no role of ours")

    assert {answer.status_code for answer in ask(client, address)} == {403}


NEEDED = {
    # An address nobody wrote down here is a page somebody added without deciding who may open it.
    "/desk/": "viewer",
    "/desk/audit/": "admin",
    "/desk/catalogues/": "viewer",
    "/desk/catalogues/new/": "publisher",
    "/desk/catalogues/data_mill_north/": "viewer",
    "/desk/catalogues/data_mill_north/pause": "publisher",
    "/desk/catalogues/data_mill_north/remove": "publisher",
    "/desk/catalogues/data_mill_north/resume": "publisher",
    "/desk/catalogues/data_mill_north/run": "editor",
    "/desk/data/": "viewer",
    "/desk/data/new/": "editor",
    "/desk/data/trees/": "viewer",
    "/desk/data/trees/about/": "publisher",
    "/desk/data/trees/check/": "editor",
    "/desk/data/trees/columns": "editor",
    "/desk/data/trees/drop": "editor",
    "/desk/data/trees/fetch": "editor",
    "/desk/data/trees/load": "editor",
    "/desk/data/trees/publish": "publisher",
    "/desk/data/trees/withdraw": "publisher",
    "/desk/feeds/": "viewer",
    "/desk/feeds.csv": "viewer",
    "/desk/feeds.json": "viewer",
    "/desk/feeds/flood.readings/": "viewer",
    "/desk/feeds/flood.readings/run": "editor",
    f"/desk/feeds/flood.readings/raw/{'0' * 64}": "viewer",
    "/desk/questions/": "editor",
    "/desk/questions/how-high/": "publisher",
    "/desk/questions/new/": "publisher",
    "/desk/transparency/": "editor",
}


def test_somebody_decided_who_may_open_each_officers_page():
    assert {address: resolve(address).func.needs.value for address in ADDRESSES} == NEEDED


@pytest.mark.parametrize("role", LADDER)
@pytest.mark.parametrize("address", ADDRESSES)
def test_each_role_opens_what_is_its_own_and_below_and_nothing_above(
    sign_in, lake, in_city, address, role
):
    in_city("leeds")
    client = sign_in(role.value)
    client.raise_request_exception = False
    may = LADDER.index(role) >= LADDER.index(Role(NEEDED[address]))

    for answer in ask(client, address):
        assert (answer.status_code != 403) is may, answer.status_code


def test_a_viewer_runs_nothing_and_a_form_from_elsewhere_runs_nothing(sign_in, lake):
    address = "/desk/feeds/flood.readings/run"
    assert sign_in("viewer").post(address).status_code == 403

    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sign_in("editor").cookies
    assert strict.post(address).status_code == 403
