"""The end of a run: its facts, its row, its issues and the feed's next turn, in one transaction."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from moothall.kernel.feeds import payloads, runs, schedule, standings, tables
from moothall.kernel.feeds.faults import Fault
from moothall.kernel.feeds.gathering import Gathered
from moothall.kernel.feeds.reading import Piece
from moothall.kernel.feeds.runs import Notes, Outcome, Run
from moothall.kernel.feeds.schedule import Standing
from moothall.kernel.observations import lake
from moothall.kernel.observations.database import Cursor
from moothall.kernel.registry import Feed
from moothall.values.observations import Issue, Mender, Origin, Severity

if TYPE_CHECKING:
    from moothall.kernel.observations.records import Prepared

_spread = random.Random()  # noqa: S311 - when to run next is no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of one feed at being run."""

    id: str
    feed: Feed
    standing: Standing
    by: str
    """Who holds the feed's lease; "" for a payload brought to us, which needs none."""
    recipe: str
    started_at: datetime


def store(turn: Turn, gathered: Gathered, *, now: datetime) -> Run:
    """Store what a run gathered; all of it is durable when this returns, or none of it.

    Errors:  standings.LeaseLost; lake.UnableToAppend; tables.Refused.
    """
    run = Run(
        id=turn.id,
        feed=turn.feed.name,
        started_at=turn.started_at,
        ended_at=now,
        outcome=_outcome(gathered),
        words="; ".join(dict.fromkeys(words for words, _ in gathered.faults))[:500],
        fault=gathered.faults[0][1] if gathered.faults else None,
        origin=max((piece.answer.origin for piece in gathered.pieces), default=Origin.LIVE),
    )
    notes = Notes()
    notes.add(gathered.issues)
    # Before the transaction begins: whoever else writes waits for its end.
    prepared = [
        None if piece.batch is None else lake.current().prepare(piece.batch)
        for piece in gathered.pieces
    ]
    with tables.transaction() as cursor:
        for number, piece in enumerate(gathered.pieces):
            run = _store_piece(
                cursor, run, notes, piece, turn=turn, number=number, prepared=prepared[number]
            )
        run = replace(
            run,
            issues=notes.count,
            corrected=tuple(
                f"{one.item} {one.field}: {one.was!r} became {one.becomes!r}"
                for one in notes.applied[:100]
            ),
        )
        runs.save_run(cursor, run, notes)
        if turn.by:
            standing = replace(_standing(turn, run, gathered, now=now), last_run=run.id)
            standings.save_standing(cursor, standing, by=turn.by)
        else:
            good = run.outcome is not Outcome.FAILED
            standings.touch_standing(cursor, turn.feed.name, run=run.id, good=good, now=now)
    return run


def _standing(turn: Turn, run: Run, gathered: Gathered, *, now: datetime) -> Standing:
    """Say how the feed stands after this run."""
    if run.outcome is Outcome.FAILED:
        return schedule.after_failed_run(
            turn.standing,
            every=turn.feed.every,
            now=now,
            spread=_spread.random(),
            asked_to_wait=gathered.asked_to_wait,
        )
    return schedule.after_good_run(
        replace(turn.standing, recipe=turn.recipe),
        every=turn.feed.every,
        now=now,
        spread=_spread.random(),
        real=any(
            not piece.fault and piece.answer.origin is not Origin.SIMULATED
            for piece in gathered.pieces
        ),
    )


def store_failure(turn: Turn, words: str, fault: Fault, *, now: datetime) -> Run:
    """Write down that a run broke on our side, and when the feed is tried again."""
    issue = Issue(where="run", what=words, severity=Severity.ERROR, mender=Mender.US)
    return store(turn, Gathered(issues=[issue], faults=[(words, fault)]), now=now)


def _store_piece(
    cursor: Cursor,
    run: Run,
    notes: Notes,
    piece: Piece,
    *,
    turn: Turn,
    number: int,
    prepared: "Prepared | None",
) -> Run:
    payload, feed = piece.answer.payload, turn.feed
    sha256 = payload.sha256 if payload else ""
    if payload is not None:
        run = replace(run, bytes=run.bytes + len(payload.body))
        payloads.save_raw(
            cursor,
            run=run.id,
            number=number,
            feed=feed.name,
            answer=piece.answer,
            stored=feed.keep_raw > timedelta(0),
        )
    if piece.batch is None:
        return run
    notes.add(piece.batch.issues, raw=sha256)
    notes.applied.extend(piece.applied)
    if piece.fault:
        return run
    receipt = lake.current().append(
        piece.batch,
        feed=feed.name,
        key=f"{run.id}:{number}",
        raw=sha256,
        now=run.ended_at,
        origin=piece.answer.origin,
        cursor=cursor,
        prepared=prepared,
    )
    notes.add(receipt.issues, raw=sha256)
    # A list in doubt is asked for again, though its bytes may be the same.
    if payload is not None and not receipt.doubted:
        payloads.save_address(cursor, feed.name, piece.answer, follows=bool(piece.batch.follow))
    if piece.batch.as_of is not None:
        run = replace(run, as_of=max(filter(None, (run.as_of, piece.batch.as_of))))
    return run.with_receipt(receipt)


def _outcome(gathered: Gathered) -> Outcome:
    read = [piece for piece in gathered.pieces if not piece.fault]
    if not read:
        # Nothing to ask for is nothing gone wrong: such a feed waits for what is brought to it.
        return Outcome.FAILED if gathered.faults else Outcome.UNCHANGED
    simulated = any(piece.answer.origin is Origin.SIMULATED for piece in read)
    if gathered.faults and not simulated:
        return Outcome.PARTIAL
    return Outcome.GOOD if any(piece.batch for piece in read) else Outcome.UNCHANGED
