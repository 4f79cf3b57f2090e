"""The worker: starts what is due, once, and goes on whatever breaks."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.kernel.feeds.conftest import make_feed, simulate

from moothall.kernel.feeds import standings
from moothall.kernel.feeds.duty import Duty
from moothall.kernel.feeds.reading import City
from moothall.kernel.feeds.runner import Surroundings
from moothall.site import work
from moothall.site.leaps import Leaps
from moothall.site.work import Job, Worker

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


class Standing(Duty):
    def params(self, feed):
        return {}


@pytest.fixture
def worker():
    made = Worker(clock=lambda: NOW)
    yield made
    made.stop.set()
    for pool in (made._feeds, made._upkeep):
        pool.shutdown(wait=True)


def nothing_on(feeds=()):
    around = Surroundings(fetcher=None, city=City(), may_simulate=True)
    return Standing(feeds=tuple(feeds), around=around)


def settle(worker):
    for task in tuple(worker._running.values()):
        task.result(10)


@pytest.mark.django_db
def test_a_job_runs_when_its_time_has_come_and_not_before(lake, worker):
    ran = []
    soon = Job(name="soon", every=timedelta(minutes=1), do=ran.append)
    later = Job(
        name="later", every=timedelta(hours=1), do=ran.append, first_after=timedelta(minutes=5)
    )

    for minute in (0, 0.5, 1, 6):
        worker.start_due(nothing_on(), (soon, later), NOW + timedelta(minutes=minute))
        settle(worker)

    assert len(ran) == 4


@pytest.mark.django_db
def test_a_job_that_breaks_does_not_stop_the_others_or_its_next_turn(lake, worker):
    tries, ran = [], []

    def breaks(now):
        tries.append(now)
        raise RuntimeError("oh")

    both = (
        Job(name="breaks", every=timedelta(minutes=1), do=breaks),
        Job(name="fine", every=timedelta(minutes=1), do=ran.append),
    )
    for minute in (0, 1):
        worker.start_due(nothing_on(), both, NOW + timedelta(minutes=minute))
        settle(worker)

    assert (len(tries), len(ran)) == (2, 2)


@pytest.mark.django_db
def test_a_job_still_running_is_not_started_again(lake, worker):
    entered, leave, ran = threading.Event(), threading.Event(), []

    def slow(now):
        ran.append(now)
        entered.set()
        leave.wait(10)

    job = (Job(name="slow", every=timedelta(seconds=1), do=slow),)
    worker.start_due(nothing_on(), job, NOW)
    entered.wait(10)
    worker.start_due(nothing_on(), job, NOW + timedelta(minutes=1))
    leave.set()
    settle(worker)

    assert len(ran) == 1


@pytest.mark.django_db
def test_feeds_that_are_due_are_run_and_those_not_reached_are_told_once(lake, worker):
    class Away:
        def fetch(self, request, *, feed, validators, now):
            from moothall.kernel.feeds.fetching import UnableToFetch

            raise UnableToFetch("away")

        def further(self, feed, *, asked):
            return ()

    feed = make_feed("https://example.org/", simulate=simulate)
    duty = Standing(
        feeds=(feed,), around=Surroundings(fetcher=Away(), city=City(), may_simulate=True)
    )
    said = []
    worker.say = said.append
    for _ in range(3):
        worker.start_due(duty, (), NOW)
        settle(worker)

    assert lake.find_latest("made_up.aire.height_m").observation.simulated
    assert standings.list_standings()[feed.name].next_run_at > NOW
    assert said == ["Not reached: made_up.heights; stand-ins are shown, labelled."]


@pytest.mark.django_db
def test_what_recurs_has_names_of_its_own():
    names = [job.name for job in work.jobs()]

    assert len(set(names)) == len(names)
    assert {"seal", "compact", "send"} <= set(names)


def test_a_worker_begins_beats_and_ends_when_told(tmp_path):
    """As `moothall run` starts it: a process, a pulse, SIGTERM, and leases let go."""
    environment = {
        **os.environ,
        "MOOTHALL_HOME": str(tmp_path),
        "CITY": "leeds",
        "REPLAY": str(tmp_path),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "moothall.site.work"], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 60
        while not list(tmp_path.glob("*/worker.pulse")) and time.monotonic() < until:
            assert process.poll() is None
            time.sleep(0.1)
        assert list(tmp_path.glob("*/worker.pulse"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.django_db
def test_a_full_disk_is_one_line_in_the_log_and_no_traceback(lake, worker, caplog):
    def fill():
        raise OSError(28, "No space left on device")

    worker._guarded("seal", fill)
    (line,) = [record.msg for record in caplog.records if record.name == "moothall.work"]
    assert "nothing can be kept" in str(line)
    # and nothing else is begun until there is room
    assert worker.hold.holds(NOW)
    assert "Traceback" not in caplog.text


@pytest.mark.django_db
def test_a_clock_that_was_set_back_does_not_keep_what_recurs_waiting(lake, worker):
    ran = []
    job = Job(name="soon", every=timedelta(minutes=1), do=ran.append)
    for moment in (NOW + timedelta(hours=1), NOW, NOW + timedelta(seconds=30)):
        worker.start_due(nothing_on(), (job,), moment)
        settle(worker)
    assert len(ran) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("leap", [timedelta(hours=1), timedelta(days=365)])
def test_by_a_clock_that_leaps_forward_nothing_is_forgotten_for_a_day(lake, worker, leap):
    seconds, ran = [0.0], []
    worker.leaps = Leaps(steady=lambda: seconds[0])
    both = (
        Job(name="forget", every=timedelta(minutes=1), do=ran.append, forgets=True),
        Job(name="seal", every=timedelta(minutes=1), do=lambda now: None),
    )

    def turn(now):
        worker.start_due(nothing_on(), both, now)
        settle(worker)

    turn(NOW)
    assert len(ran) == 1
    for _minute in range(60):
        seconds[0] += 60
        turn(NOW + leap + timedelta(seconds=seconds[0]))
    assert len(ran) == 1

    seconds[0] += 86_400
    turn(NOW + leap + timedelta(seconds=seconds[0]))
    assert len(ran) == 2


@pytest.mark.django_db
def test_a_clock_that_goes_as_it_should_or_was_set_back_is_believed(lake, worker):
    seconds = [0.0]
    leaps = Leaps(steady=lambda: seconds[0])
    for moment in (NOW, NOW + timedelta(seconds=61), NOW - timedelta(hours=1)):
        leaps.look(moment)
        seconds[0] += 60

    assert leaps.believed


def test_a_house_that_was_off_for_long_forgets_nothing_on_its_first_day():
    leaps = Leaps(steady=lambda: 0.0)
    leaps.begin((None, NOW - timedelta(hours=23)), NOW)
    assert leaps.believed

    leaps.begin((NOW - timedelta(days=365),), NOW)
    assert not leaps.believed


def test_all_that_lets_go_of_old_things_waits_for_a_clock_that_can_be_believed(lake):
    forgetting = {job.name for job in work.jobs() if job.forgets}

    assert forgetting == {
        "compact",
        "let raw bytes go",
        "let old runs go",
        "let dropped files go",
    }
