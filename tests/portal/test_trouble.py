"""When the house can keep nothing, whoever comes is told so, and not that a source is silent."""

import pytest
from django.test import RequestFactory
from tests.kernel.feeds.conftest import NOW

from moothall.kernel.feeds import trouble
from moothall.kernel.feeds.trouble import Trouble
from moothall.kernel.observations.database import UnableToOpen
from moothall.portal.queries import status
from moothall.portal.views import errors
from moothall.site import faults, health


@pytest.fixture
def full(settings, tmp_path, monkeypatch):
    settings.STORES = tmp_path
    found = Trouble(kind="full", detail="0 kB are free")
    monkeypatch.setattr(trouble, "told", lambda now: found)
    return found


def test_the_status_page_says_that_the_disk_is_full(lake, full, in_city):
    in_city("leeds")

    assert status.list_sources(now=NOW).trouble == full.public_words


def test_the_status_page_says_nothing_of_the_kind_when_all_is_well(lake, in_city, monkeypatch):
    in_city("leeds")
    monkeypatch.setattr(trouble, "told", lambda now: None)

    assert not status.list_sources(now=NOW).trouble


def test_a_load_balancer_is_told(full):
    assert health.check_disk(NOW) == "full: 0 kB are free"


def answer_to(fault: Exception):
    try:
        raise fault
    except type(fault):
        return errors.fault(RequestFactory().get("/"))


def test_a_page_whose_database_is_away_says_so_and_asks_to_come_back():
    response = answer_to(UnableToOpen("cannot reach the lake's database"))

    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert "does not answer" in response.content.decode()


def test_a_fault_of_our_own_is_still_a_fault_of_our_own():
    assert answer_to(ValueError("a mistake")).status_code == 500


def test_a_command_says_what_to_do_about_a_full_disk(lake):
    words = faults.explain(OSError(28, "No space left on device"))

    assert words.startswith("The disk is full")
    assert "Make room" in words
