"""One payload on its way in: keep the raw bytes, parse, label, correct, check."""

import gc
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import structlog

import moothall
from moothall.kernel.feeds import checks, corrections, moving, raw
from moothall.kernel.feeds.corrections import Correction
from moothall.kernel.feeds.faults import Fault
from moothall.kernel.feeds.fetching import Answer
from moothall.kernel.registry import Feed, Params
from moothall.values.observations import Batch, Issue, Mender, Origin, Severity
from moothall.values.places import Box
from moothall.values.requests import Payload

log = structlog.get_logger("moothall.feeds")

UNREADABLE = (ValueError, KeyError, RecursionError)
"""What a parser raises when the whole payload is not what its source promised."""


class UnableToParse(Exception):
    """A whole payload could not be read; the message says why, to a person.

    `mender` says whose fault it is: ours if the parser broke in a way parsers must not.
    """

    def __init__(self, message: str, *, mender: Mender) -> None:
        super().__init__(message)
        self.mender = mender

    @property
    def kind(self) -> Fault:
        """What went wrong, in a word."""
        return Fault.BROKEN if self.mender is Mender.US else Fault.UNREADABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """What the city brings to every run."""

    box: Box | None = None
    corrections: tuple[Correction, ...] = ()

    def corrections_of(self, feed: str) -> tuple[Correction, ...]:
        """Return the corrections of one feed."""
        return tuple(one for one in self.corrections if one.feed == feed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One payload, read; `batch` is None if it says what it said before."""

    answer: Answer
    batch: Batch | None = None
    applied: tuple[Correction, ...] = ()
    fault: str = ""
    """Why the payload could not be read, if it could not."""
    kind: Fault = Fault.UNREADABLE
    """That in a word."""


def parse(feed: Feed, payload: Payload, params: Params) -> Batch:
    """Parse one payload; errors: UnableToParse, whatever the parser does.

    This is the one place where anything a parser raises is caught: one broken parser must not
    stop the other feeds.
    """
    try:
        with _nothing_collected():
            return feed.parse(payload, params)
    except UNREADABLE as fault:
        words = "nested too deeply" if isinstance(fault, RecursionError) else _words(fault)
        if payload.body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html")):
            words = "a web page came in place of data"
        raise UnableToParse(
            f"the whole payload could not be read: {words}", mender=Mender.PUBLISHER
        ) from fault
    except Exception as fault:
        log.exception("parser broke", feed=feed.name, sha256=payload.sha256)
        raise UnableToParse(
            f"our reader of this feed broke: {_words(fault)}", mender=Mender.US
        ) from fault


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Hold the collector of garbage back: a parser makes very many values and drops almost none.

    Looking again and again through all that is made so far took a third of the time.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def read(feed: Feed, answer: Answer, *, params: Params, city: City, now: datetime) -> Piece:
    """Turn an answer that has a payload into a batch fit to store.

    Leaves:  the raw bytes, whether or not they could be read, unless the feed keeps none.
    """
    payload = answer.payload
    if payload is None:
        return Piece(answer=answer)
    if feed.keep_raw > timedelta(0):
        raw.keep(payload.body, payload.sha256)
    try:
        # To the parser it is the day of the payload, which in a recording is not today.
        batch = parse(feed, payload, {**params, "now": payload.fetched_at})
    except UnableToParse as fault:
        issue = Issue(
            where="payload",
            what=str(fault),
            severity=Severity.ERROR,
            mender=fault.mender,
            item=payload.body[:300].decode("utf-8", "replace"),
        )
        batch = Batch(issues=(issue,))
        return Piece(answer=answer, batch=batch, fault=str(fault), kind=fault.kind)
    corrected = corrections.apply(batch, city.corrections_of(feed.name), kinds=feed.kinds)
    moved = moving.move(
        corrected.batch,
        origin=answer.origin,
        shift=answer.shift,
        hold_future=answer.hold_future,
        kinds=feed.kinds,
        now=now,
    )
    checked = checks.check(moved, feed=feed, box=city.box, now=now)
    return Piece(answer=answer, batch=checked, applied=corrected.applied)


def simulate(feed: Feed, *, params: Params, city: City, now: datetime) -> Piece:
    """Let a feed's labelled stand-in speak; errors: UnableToParse if it breaks."""
    if feed.simulate is None:
        raise UnableToParse("this feed has no stand-in", mender=Mender.US)
    try:
        batch = feed.simulate({**params, "now": now}, now)
    except Exception as fault:
        log.exception("stand-in broke", feed=feed.name)
        raise UnableToParse(
            f"our stand-in of this feed broke: {_words(fault)}", mender=Mender.US
        ) from fault
    labelled = moving.move(batch, origin=Origin.SIMULATED, kinds=feed.kinds, now=now)
    checked = checks.check(replace(labelled, follow=()), feed=feed, box=city.box, now=now)
    return Piece(answer=Answer(payload=None, origin=Origin.SIMULATED), batch=checked)


def recipe(feed: Feed, params: Params, city: City) -> str:
    """Fingerprint what a result is made with besides its payload.

    The same bytes read with other parameters, corrections or another version are not "unchanged".
    """
    rows = [[one.item, one.field, one.was, one.becomes] for one in city.corrections_of(feed.name)]
    made_with: Mapping[str, Any] = {
        "params": params,
        "corrections": rows,
        "version": moothall.__version__,
    }
    return sha256(json.dumps(made_with, sort_keys=True, default=str).encode()).hexdigest()


def _words(fault: BaseException) -> str:
    if isinstance(fault, KeyError) and fault.args:
        return f"{fault.args[0]!r} is missing"[:300]
    return (str(fault) or type(fault).__name__)[:300]
