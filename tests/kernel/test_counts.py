"""The counts behind the limits hold when many threads count at once, and do not pile up."""

import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from limits import parse
from limits.strategies import FixedWindowRateLimiter

from moothall.kernel import counts
from moothall.kernel.counts import Counts, one_client

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def hands():
    return [NOON]


@pytest.fixture
def held(hands):
    return Counts(clock=lambda: hands[0])


def test_threads_counting_at_once_lose_no_count_and_never_break(held):
    limiter, limit = FixedWindowRateLimiter(held), parse("1000/minute")
    broke, allowed = [], []
    ready = threading.Barrier(8)

    def ask() -> None:
        ready.wait()
        try:
            allowed.append(sum(limiter.hit(limit, "read", "somebody") for _ in range(250)))
        except RuntimeError as fault:
            broke.append(fault)

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    finally:
        sys.setswitchinterval(usual)

    assert not broke
    assert sum(allowed) == 1000


def test_counting_starts_no_thread_of_its_own():
    before = threading.active_count()

    Counts(clock=lambda: NOON).incr("k", 60)

    assert threading.active_count() == before


def test_a_window_ends_and_another_begins(held, hands):
    assert [held.incr("k", 60) for _ in range(3)] == [1, 2, 3]
    assert held.get_expiry("k") == (NOON + timedelta(seconds=60)).timestamp()

    hands[0] += timedelta(seconds=60)

    assert held.get("k") == 0
    assert held.incr("k", 60) == 1


def test_windows_that_have_ended_are_let_go(held, hands, monkeypatch):
    monkeypatch.setattr(counts, "MOST_KEPT", 10)
    held._sweep_at = 10
    for number in range(10):
        held.incr(f"old {number}", 60)
    hands[0] += timedelta(minutes=2)

    held.incr("new", 60)

    assert held.reset() == 1


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8::1", "2001:db8::9:1", True),
        ("2001:db8::1", "2001:0db8:0:0:7::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        ("unix", "", False),
    ],
)
def test_an_address_is_one_client_and_so_is_a_whole_64_however_it_is_written(one, other, alike):
    assert (one_client(one) == one_client(other)) is alike
