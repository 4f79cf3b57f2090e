"""The worker: runs feeds when they are due, and looks after everything else that recurs.

Several may run, on one machine or many: each feed, and the sealing, is one worker's at a time.
"""

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

import django
import structlog

from moothall.site import faults, memory
from moothall.site.hold import Hold
from moothall.site.leaps import Leaps

log = structlog.get_logger("moothall.work")

FEEDS_AT_ONCE = 3
UPKEEP_AT_ONCE = 2
TICK_S = 1.0
END_WITHIN_S = 3.0
SEAL_WITHIN = timedelta(minutes=10)
"""Each seal is a file: what trickles in is kept in the database until it is worth one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something that recurs. Add yours to `jobs()`."""

    name: str
    every: timedelta
    do: Callable[[datetime], object]
    first_after: timedelta = timedelta(0)
    forgets: bool = False
    """Whether it lets old things go: never by a clock that has just leapt forward."""


def jobs() -> tuple[Job, ...]:
    """List what recurs besides feeds."""
    from django.conf import settings

    from moothall.kernel.feeds import drop, health, raw
    from moothall.kernel.identity import attempts, notes
    from moothall.kernel.observations import lake
    from moothall.kernel.outbox import sending
    from moothall.kernel.registry import house
    from moothall.kernel.tables import files

    hour = timedelta(hours=1)
    dropped = Path(settings.DROP_FOLDER)
    return (
        Job(name="send", every=timedelta(seconds=5), do=sending.send_due),
        Job(
            name="seal",
            every=timedelta(seconds=60),
            do=lambda now: lake.current().seal(now, patience=SEAL_WITHIN),
            first_after=timedelta(seconds=30),
        ),
        Job(
            name="compact",
            every=24 * hour,
            do=lambda now: lake.current().compact(now),
            first_after=timedelta(minutes=20),
            forgets=True,
        ),
        Job(
            name="let raw bytes go",
            every=6 * hour,
            do=lambda now: raw.sweep(house, now, needed=files.list_needed()),
            first_after=timedelta(minutes=10),
            forgets=True,
        ),
        Job(
            name="let old runs go",
            every=24 * hour,
            do=health.sweep,
            first_after=hour,
            forgets=True,
        ),
        Job(
            name="let dropped files go",
            every=24 * hour,
            do=lambda now: drop.forget_done(dropped, now),
            first_after=hour,
            forgets=True,
        ),
        Job(name="forget sent", every=hour, do=sending.forget_sent, first_after=hour),
        Job(name="forget attempts", every=hour, do=attempts.forget_old, first_after=hour),
        Job(name="forget notes", every=hour, do=notes.forget_old, first_after=hour),
        *(
            Job(name=chore.name, every=chore.every, do=chore.do, first_after=chore.every)
            for service in house.services
            for chore in service.chores
        ),
    )


@dataclass(slots=True)
class Worker:
    """One worker process."""

    clock: Callable[[], datetime]
    beat: Callable[[datetime], None] = lambda now: None
    say: Callable[[str], object] = lambda words: None
    stop: threading.Event = field(default_factory=threading.Event)
    hold: Hold = field(default_factory=Hold)
    leaps: Leaps = field(default_factory=Leaps)
    _feeds: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(FEEDS_AT_ONCE, "feed")
    )
    _upkeep: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(UPKEEP_AT_ONCE, "upkeep")
    )
    _running: dict[str, "Future[None]"] = field(default_factory=dict)
    _next: dict[str, datetime] = field(default_factory=dict)
    _said: frozenset[str] = frozenset()

    def run(self) -> None:
        """Work until told to stop."""
        from moothall.kernel.feeds import duty as duties
        from moothall.kernel.feeds import leases, trouble
        from moothall.kernel.registry import house

        duty = duties.from_settings()
        trouble.tell(None, self.clock())
        self._guarded("dead leases", leases.drop_dead_leases)
        self._guarded("last runs", self._know_last_runs)
        recurring = (*jobs(), self._drop_job(duty))
        listener = self._listen(duty)
        log.info("worker began", feeds=len(duty.feeds), replay=duty.recordings is not None)
        while not self.stop.is_set():
            now = self.clock()
            self._guarded("pulse", lambda now=now: self.beat(now))
            if not self.hold.holds(now):
                self._guarded("added feeds", house.renew)
                self._guarded(
                    "schedule",
                    lambda now=now: self.start_due(duties.renewed(duty), recurring, now),
                )
            self.stop.wait(TICK_S)
        self._end(listener)

    def _know_last_runs(self) -> None:
        from moothall.kernel.feeds import standings

        known = standings.list_standings().values()
        self.leaps.begin((one.last_run_at for one in known), self.clock())

    def start_due(self, duty, recurring: tuple[Job, ...], now: datetime) -> None:
        """Start every feed and job whose time has come and that is not running yet."""
        from moothall.kernel.feeds import runner, standings

        standing = standings.list_standings()
        self._running = {name: task for name, task in self._running.items() if not task.done()}
        for feed in duty.list_due(standing, now):
            self._start(
                self._feeds,
                feed.name,
                lambda feed=feed: runner.run(
                    feed, params=duty.params(feed), around=duty.around, clock=self.clock
                ),
            )
        self.leaps.look(now)
        for job in recurring:
            if job.forgets and not self.leaps.believed:
                continue
            due = self._next.setdefault(job.name, now + job.first_after)
            # Further off than it can be: the clock was set back since.
            if due <= now or due - now > max(job.every, job.first_after):
                self._next[job.name] = now + job.every
                self._start(self._upkeep, job.name, lambda job=job: job.do(self.clock()))
        self._tell_unreachable(duty, standing)

    def _start(self, pool: ThreadPoolExecutor, name: str, do: Callable[[], object]) -> None:
        if name not in self._running:
            self._running[name] = pool.submit(self._guarded, name, do)

    def _guarded(self, name: str, do: Callable[[], object]) -> None:
        """Do one thing; whatever goes wrong with it is logged, and the rest goes on."""
        from django.db import close_old_connections

        try:
            do()
        except Exception as fault:
            if self.hold.note(fault):
                log.warning("put off: nothing can be kept", job=name)
            elif words := faults.explain(fault):
                log.error("work failed", job=name, why=words)
            else:
                log.exception("work failed", job=name)
        finally:
            close_old_connections()
            memory.give_back()

    def _tell_unreachable(self, duty, standings) -> None:
        from moothall.kernel.feeds import duty as duties

        found = frozenset(duties.list_unreachable(standings, duty.feeds))
        if found - self._said:
            log.warning("sources not reached", feeds=sorted(found - self._said))
            shown = "; stand-ins are shown, labelled" if duty.around.may_simulate else ""
            why = "Not reached" if duty.recordings is None else "No recording of"
            self.say(f"{why}: {', '.join(sorted(found - self._said))}{shown}.")
        self._said |= found

    def _drop_job(self, duty) -> Job:
        from django.conf import settings

        from moothall.kernel.feeds.drop import DropFolder

        folder = DropFolder(folder=Path(settings.DROP_FOLDER), duty=duty, clock=self.clock)
        folder.prepare()
        return Job(
            name="look at dropped files",
            every=timedelta(seconds=3),
            do=lambda now: folder.look(),
        )

    def _listen(self, duty) -> threading.Thread | None:
        """Listen to the broker, if the settings name one and the pack has topics for it."""
        from django.conf import settings

        from moothall.kernel import packs

        wanted = packs.current().section("mqtt")
        if not settings.MQTT_URL or not wanted or settings.REPLAY:
            return None
        from moothall.kernel.feeds import mqtt
        from moothall.kernel.feeds.messages import Taker

        consumer = mqtt.Consumer(
            url=settings.MQTT_URL,
            name=f"moothall-{packs.current().name}",
            subscriptions=mqtt.read_subscriptions(wanted),
            taker=Taker(duty=duty, clock=self.clock),
            stop=self.stop,
        )
        thread = threading.Thread(target=consumer.run, name="mqtt", daemon=True)
        thread.start()
        return thread

    def _end(self, listener: threading.Thread | None) -> None:
        """Give what runs a moment to finish; what does not is undone by its transaction."""
        for pool in (self._feeds, self._upkeep):
            pool.shutdown(wait=False, cancel_futures=True)
        if listener is not None:
            listener.join(1.0)
        waiting = threading.Event()
        until = END_WITHIN_S
        while until > 0 and any(not task.done() for task in self._running.values()):
            waiting.wait(0.1)
            until -= 0.1
        log.info("worker ended", unfinished=sum(not t.done() for t in self._running.values()))


def main() -> None:
    """Be a worker until a signal says otherwise."""
    memory.share_heaps()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "moothall.site.settings")
    django.setup()
    from moothall.kernel import clock
    from moothall.site import parent, pulse

    parent.follow()
    worker = Worker(clock=clock.now, beat=pulse.beat)
    worker.hold.say = lambda words: print(words, flush=True)  # noqa: T201
    if parent.NAMED not in os.environ:
        # Otherwise whoever started us tells the news, for all the house.
        worker.say = worker.hold.say

    def end(number: int, frame: FrameType | None) -> None:
        worker.stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    worker.run()
    # A fetch may be half way through a slow answer: nothing of it is stored, nobody need wait.
    os._exit(0)


if __name__ == "__main__":
    from moothall.site.faults import in_words

    with in_words():
        main()
