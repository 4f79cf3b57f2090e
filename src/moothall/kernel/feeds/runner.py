"""fetch | keep raw | parse | correct | check | store | announce, in that order, for every feed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from moothall.kernel.feeds import (
    gathering,
    leases,
    reading,
    runs,
    standings,
    storing,
    tables,
    trouble,
)
from moothall.kernel.feeds.faults import Fault
from moothall.kernel.feeds.fetching import Answer, Fetcher
from moothall.kernel.feeds.gathering import Gathered
from moothall.kernel.feeds.reading import City, UnableToParse
from moothall.kernel.feeds.runs import Outcome, Run
from moothall.kernel.feeds.schedule import Standing
from moothall.kernel.feeds.storing import Turn
from moothall.kernel.observations.database import UnableToOpen
from moothall.kernel.observations.entries import UnableToAppend
from moothall.kernel.registry import Feed, Params

log = structlog.get_logger("moothall.feeds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all runs of this house share."""

    fetcher: Fetcher
    city: City
    may_simulate: bool = False
    """Whether a stand-in may speak for a source that has never spoken. Never in production."""


def run(
    feed: Feed,
    *,
    params: Params,
    around: Surroundings,
    clock: Callable[[], datetime],
    anew: bool = False,
) -> Run | None:
    """Run one feed once; return what came of it, or None if another worker is at it.

    `anew` reads everything again, even what has not changed.

    Errors:  trouble.UnableToKeep if nothing can be kept now: the feed is as due as it was.
    """
    with leases.alone(feed.name) as alone:
        return _run(feed, params, around, clock, anew) if alone else None


def _run(
    feed: Feed,
    params: Params,
    around: Surroundings,
    clock: Callable[[], datetime],
    anew: bool,
) -> Run | None:
    now, by = clock(), leases.holder()
    try:
        standing = leases.take_lease(feed.name, by=by, now=now)
    except (tables.Refused, UnableToOpen, OSError) as fault:
        if found := trouble.of(fault):
            raise trouble.UnableToKeep(found) from fault
        raise
    if standing is None:
        return None
    made_with = reading.recipe(feed, params, around.city)
    turn = Turn(
        id=runs.new_id(now, after=standing.last_run),
        feed=feed,
        standing=standing,
        by=by,
        recipe=made_with,
        started_at=now,
    )
    try:
        gathered = gathering.gather(
            feed,
            params=params,
            city=around.city,
            fetcher=around.fetcher,
            now=now,
            anew=anew or standing.recipe != made_with,
            between=lambda: leases.renew_lease(feed.name, by=by, now=clock()),
        )
        if _silent(gathered, standing) and around.may_simulate and feed.simulate is not None:
            gathered.pieces.append(reading.simulate(feed, params=params, city=around.city, now=now))
        done = storing.store(turn, gathered, now=clock())
    except standings.LeaseLost:
        log.warning("feed taken over by another worker", feed=feed.name, run=turn.id)
        return None
    except (tables.Refused, UnableToAppend, UnableToOpen, OSError) as fault:
        if found := trouble.of(fault):
            # It would be no better if another feed tried, and no source is to blame.
            raise trouble.UnableToKeep(found) from fault
        log.error("feed run not stored", feed=feed.name, run=turn.id, why=_words(fault))
        done = storing.store_failure(turn, _words(fault), Fault.UNKEPT, now=clock())
    except Exception as fault:
        # A pack that lacks what the feed asks for, a broken stand-in: this feed waits and says
        # why, the others go on.
        log.exception("feed run broke", feed=feed.name, run=turn.id)
        done = storing.store_failure(turn, _words(fault), Fault.BROKEN, now=clock())
    announce(done)
    return done


def take_in(
    feed: Feed, answer: Answer, *, params: Params, city: City, clock: Callable[[], datetime]
) -> Run:
    """Take in one payload that was brought to us: dropped, pushed or published.

    Errors:  lake.UnableToAppend, tables.Refused, OSError: then nothing of it was stored.
    """
    now, standing = clock(), standings.find_standing(feed.name)
    turn = Turn(
        id=runs.new_id(now, after=standing.last_run),
        feed=feed,
        standing=standing,
        by="",
        recipe="",
        started_at=now,
    )
    piece = reading.read(feed, answer, params=params, city=city, now=now)
    faults = [(piece.fault, piece.kind)] if piece.fault else []
    gathered = Gathered(pieces=[piece], faults=faults)
    done = storing.store(turn, gathered, now=clock())
    announce(done)
    return done


def announce(done: Run) -> None:
    """Say in the log what came of a run; those who tail the lake see its facts there."""
    level = log.warning if done.outcome in {Outcome.FAILED, Outcome.PARTIAL} else log.info
    level(
        "feed run",
        feed=done.feed,
        run=done.id,
        outcome=done.outcome.value,
        origin=done.origin.name.lower(),
        observations=done.observations,
        records=done.records,
        issues=done.issues,
        bytes=done.bytes,
        words=done.words,
    )


def _silent(gathered: Gathered, standing: Standing) -> bool:
    """Test whether the source said nothing now and never did before."""
    return standing.last_data_at is None and not any(not piece.fault for piece in gathered.pieces)


def _words(fault: Exception) -> str:
    if isinstance(fault, UnableToParse):
        return str(fault)
    if isinstance(fault, OSError):
        return f"it could not be kept: {fault.strerror or type(fault).__name__}"
    if isinstance(fault, tables.Refused | UnableToAppend):
        return f"it could not be kept: {fault}"[:300]
    return f"{type(fault).__name__}: {fault}"[:300]
