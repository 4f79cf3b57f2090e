"""The minder of the house: refuses clearly, restarts, and ends without leaving anyone behind."""

import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from moothall.kernel.feeds.faults import Fault
from moothall.site import run
from moothall.site.run import Child, House, News, UnableToRun


def idle() -> tuple[str, ...]:
    """A child that does nothing until it is told to end."""
    return (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.fixture
def house(tmp_path):
    """A house whose sentences are kept, ended after the test."""
    said: list[str] = []
    made = House(host="127.0.0.1", port=1, home=tmp_path, say=said.append)
    yield made, said
    made.stop()


def test_a_second_house_in_the_same_home_is_refused_in_a_sentence(tmp_path):
    with run.hold(tmp_path), pytest.raises(UnableToRun, match=f"process {os.getpid()}"):
        run.hold(tmp_path).__enter__()
    with run.hold(tmp_path):
        pass


def test_a_port_in_use_is_named_with_another_to_try():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UnableToRun, match=f"PORT={port + 1}"):
            run.check_port("127.0.0.1", port)


@pytest.mark.parametrize("port", [0, -1, 70000])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(UnableToRun, match="not a port"):
        run.check_port("127.0.0.1", port)


def test_a_child_that_crashes_starts_again_later_each_time(house):
    minder, said = house
    child = Child("web", (sys.executable, "-c", "raise SystemExit(3)"))
    child.start(os.environ)
    child.process.wait()
    minder.tend(child, os.environ)
    assert said == ["The web process ended (3); it starts again in 0.5 s."]
    first = child.process
    minder.tend(child, os.environ)
    assert child.process is first
    child.again_at = time.monotonic() - 1
    minder.tend(child, os.environ)
    assert child.process is not first
    child.process.wait()
    minder.tend(child, os.environ)
    assert said[-1].endswith("in 1 s.")


def test_all_are_ended_and_those_who_will_not_are_made_to(house, monkeypatch):
    monkeypatch.setattr(run, "END_WITHIN_S", 1.0)
    minder, _ = house
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    minder.children = [Child("a", idle()), Child("b", (sys.executable, "-c", stubborn))]
    for child in minder.children:
        child.start(os.environ)
    minder.stop()
    assert all(child.ended for child in minder.children)


def test_a_process_ends_when_its_parent_is_killed():
    source = (
        "import os, subprocess, sys\n"
        "from moothall.site import parent\n"
        "env = {**os.environ, parent.NAMED: str(os.getpid())}\n"
        "code = 'from moothall.site import parent; import time; parent.follow(); time.sleep(600)'\n"
        "print(subprocess.Popen([sys.executable, '-c', code], env=env).pid, flush=True)\n"
        "import time; time.sleep(600)\n"
    )
    minder = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE)
    child = psutil.Process(int(minder.stdout.readline()))
    minder.send_signal(signal.SIGKILL)
    minder.wait()
    try:
        child.wait(30)
    except psutil.TimeoutExpired:
        child.kill()
        pytest.fail("it outlived its parent")


def test_news_of_feeds_is_told_once_and_is_over_when_all_is_known():
    said: list[str] = []
    news = News(said.append)
    feeds = [{"name": "a.b", "state": "live"}, {"name": "c.d", "state": "waiting"}]
    news.tell({"city": "Leeds", "feeds": feeds})
    news.tell({"city": "Leeds", "feeds": feeds})
    assert said == ["Leeds: 2 feeds are switched on.", "  live: a.b"]
    assert not news.complete
    feeds[1]["state"] = "simulated"
    news.tell({"city": "Leeds", "feeds": feeds})
    assert said[-1] == "  nothing from the source, so simulated and labelled so: c.d"
    assert news.complete


def test_news_say_what_is_wrong_with_a_feed_and_with_the_stores():
    said: list[str] = []
    news = News(said.append)
    feeds = [{"name": "a.b", "state": "refused"}, {"name": "c.d", "state": "unreadable"}]
    news.tell({"city": "Leeds", "feeds": feeds, "trouble": "The disk is full."})
    news.tell({"city": "Leeds", "feeds": feeds, "trouble": "The disk is full."})
    assert said[1:] == [
        "  The disk is full.",
        "  refused by the source: look at the address and the key: a.b",
        "  answered with what cannot be read: c.d",
    ]
    assert news.complete
    assert set(Fault) <= set(run.SAYINGS)


def test_a_second_ctrl_c_ends_the_stubborn_at_once(house, monkeypatch):
    monkeypatch.setattr(run, "END_WITHIN_S", 600.0)
    minder, said = house
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(600)"
    )
    child = Child("a", (sys.executable, "-c", stubborn))
    child.process = subprocess.Popen(child.command, stdout=subprocess.PIPE, process_group=0)
    assert child.process.stdout.readline() == b"deaf\n"
    minder.children = [child]
    minder.end(signal.SIGINT, None)
    assert minder.ending
    assert not minder.at_once
    minder.end(signal.SIGINT, None)
    minder.stop()
    assert child.process.returncode == -signal.SIGKILL
    assert said == ["Ending."]


@pytest.mark.parametrize(
    ("host", "opened"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]")],
)
def test_the_address_shown_is_one_that_opens(host, opened):
    assert run.shown(host) == opened


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.name.invalid"])
def test_an_address_this_machine_has_not_is_named(host):
    with pytest.raises(UnableToRun, match="HOST"):
        run.check_port(host, 8000)
