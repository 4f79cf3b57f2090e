"""The front makes its first pages before anybody asks for them, and leaves when it is told to."""

import os
import signal
import threading
from types import SimpleNamespace

import pytest

from moothall.site import front
from moothall.site.wsgi import application

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("secure", [False, True])
def test_the_first_pages_are_made_in_whole_and_not_sent_elsewhere(settings, secure):
    settings.SECURE_SSL_REDIRECT = secure
    made = []

    def watched(environ, start_response):
        def note(status, headers, fault=None):
            made.append((environ["PATH_INFO"], status))

        return application(environ, note)

    front.warm_up(watched)

    assert made == [(path, "200 OK") for path in front.FIRST_PAGES]


@pytest.fixture
def told_to_end(monkeypatch):
    """Tell a process of this bridge to end; the event is set once it is gone."""

    def tell(bridge):
        gone, handlers = threading.Event(), {}
        monkeypatch.setattr(os, "_exit", lambda code: gone.set())
        monkeypatch.setattr(signal, "signal", handlers.__setitem__)
        monkeypatch.setattr(front, "LAST_WORDS_S", 0)
        front.leave_when_told(bridge)
        handlers[signal.SIGTERM](signal.SIGTERM, None)
        return gone

    return tell


def test_who_is_told_to_end_gives_the_pages_under_way_and_waits_for_no_slow_reader(told_to_end):
    bridge = SimpleNamespace(waiting=1, downloading=20)
    gone = told_to_end(bridge)
    assert not gone.wait(0.1)
    bridge.waiting = 0
    assert gone.wait(10)


def test_a_page_without_end_does_not_keep_a_process_that_is_told_to_end(told_to_end, monkeypatch):
    monkeypatch.setattr(front, "GRACE_S", 0.05)
    assert told_to_end(SimpleNamespace(waiting=1)).wait(10)
