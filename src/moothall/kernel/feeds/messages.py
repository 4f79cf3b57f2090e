"""Many small messages kept as one: parsed one by one, stored in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import structlog

from moothall.kernel.feeds import (
    checks,
    columnar,
    corrections,
    payloads,
    raw,
    reading,
    runs,
    standings,
    tables,
)
from moothall.kernel.feeds.corrections import Correction
from moothall.kernel.feeds.duty import Duty
from moothall.kernel.feeds.faults import Fault
from moothall.kernel.feeds.fetching import Answer
from moothall.kernel.feeds.reading import City, UnableToParse
from moothall.kernel.feeds.runs import Notes, Outcome, Run
from moothall.kernel.observations import lake
from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.entries import Receipt
from moothall.kernel.observations.lake import UnableToAppend
from moothall.kernel.registry import Feed, Params
from moothall.values.issues import Issues
from moothall.values.observations import Batch, Issue, Mender, Observation, Record, Series, Severity
from moothall.values.requests import Payload, Request

if TYPE_CHECKING:
    import pyarrow as pa

log = structlog.get_logger("moothall.feeds")

MEDIA_TYPE = "application/vnd.moothall.messages+msgpack"
"""How a micro-batch is kept raw: a list of [topic, body], in MessagePack."""


class Message(NamedTuple):
    """One message, and the feed that reads it; "" if none does."""

    feed: str
    topic: str
    body: bytes


def pack(messages: Iterable[Message]) -> bytes:
    """Write messages as they are kept raw."""
    return msgspec.msgpack.encode([(message.topic, message.body) for message in messages])


def unpack(body: bytes) -> tuple[tuple[str, bytes], ...]:
    """Read what `pack` wrote; errors: ValueError."""
    return tuple(msgspec.msgpack.decode(body, type=list[tuple[str, bytes]]))


def parse_all(
    feed: Feed, messages: Iterable[tuple[str, bytes]], *, params: Params, now: datetime
) -> Batch:
    """Parse messages one by one into one batch; one that cannot be read becomes an issue."""
    observations: list[Observation] = []
    in_columns: list[pa.Table] = []
    records: list[Record] = []
    issues = Issues()
    series: dict[str, Series] = {}
    seen_at = {**params, "now": now}
    requests: dict[str, Request] = {}
    for topic, body in messages:
        request = requests.get(topic)
        if request is None:
            request = requests[topic] = Request(url=f"mqtt:{topic}")
        try:
            batch = reading.parse(
                feed, Payload(body=body, request=request, fetched_at=now), seen_at
            )
        except UnableToParse as fault:
            issues.note(
                where=topic,
                what=str(fault),
                severity=Severity.ERROR,
                mender=fault.mender,
                item=body[:300].decode("utf-8", "replace"),
            )
            continue
        observations.extend(batch.observations)
        if batch.table is not None:
            in_columns.append(batch.table)
        records.extend(batch.records)
        issues.extend(batch.issues)
        for one in batch.series:
            series[one.key] = one
    return Batch(
        observations=tuple(observations),
        table=columnar.joined(in_columns),
        records=tuple(records),
        issues=tuple(issues),
        series=tuple(series.values()),
        as_of=now,
    )


def settle(
    feed: Feed, batch: Batch, *, city: City, now: datetime
) -> tuple[Batch, tuple[Correction, ...]]:
    """Correct and check a batch, as every payload's is; say which corrections were applied."""
    corrected = corrections.apply(batch, city.corrections_of(feed.name), kinds=feed.kinds)
    checked = checks.check(corrected.batch, feed=feed, box=city.box, now=now)
    return checked, corrected.applied


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Takes micro-batches into the lake."""

    duty: Duty
    clock: Callable[[], datetime]

    def take(self, messages: Sequence[Message]) -> bool:
        """Keep some messages; False if that cannot be done now.

        Leaves:  one run row a feed and minute, which grows with each batch. A message that breaks
                 our own code is left out, alone, as an issue: it must not hold up the others.
        """
        now = self.clock()
        try:
            self._store(messages, now)
        except (UnableToAppend, OSError, tables.Refused) as fault:
            log.error("messages could not be kept", count=len(messages), why=str(fault)[:300])
            return False
        except Exception as fault:
            log.exception("messages broke our code", count=len(messages))
            if len(messages) > 1:
                middle = len(messages) // 2
                return self.take(messages[:middle]) and self.take(messages[middle:])
            return self._leave_out(messages[0], fault, now)
        return True

    def _store(self, messages: Sequence[Message], now: datetime) -> None:
        """Keep some messages, all or nothing."""
        by_feed: dict[str, list[Message]] = {}
        for message in messages:
            by_feed.setdefault(message.feed, []).append(message)
        known = {feed.name: feed for feed in self.duty.feeds}
        read = [
            self._read(known[name], found, now) for name, found in by_feed.items() if name in known
        ]
        with tables.transaction() as cursor:
            for feed, answer, batch, applied in read:
                _store(cursor, feed, answer, batch, applied, now=now)

    def _leave_out(self, message: Message, fault: Exception, now: datetime) -> bool:
        """Write a message down as an issue of ours, in place of keeping what it says."""
        issue = Issue(
            where=message.topic,
            what=f"our code broke on it: {type(fault).__name__}: {fault}"[:300],
            severity=Severity.ERROR,
            mender=Mender.US,
            item=message.body[:300].decode("utf-8", "replace"),
        )
        run = Run(
            id=runs.new_id(now, after=standings.find_standing(message.feed).last_run),
            feed=message.feed,
            started_at=now,
            ended_at=now,
            outcome=Outcome.FAILED,
            words=issue.what,
            fault=Fault.BROKEN,
            issues=1,
        )
        try:
            with tables.transaction() as cursor:
                runs.save_run(cursor, run, Notes(issues=[(issue, "")]))
        except (OSError, tables.Refused):
            return False
        return True

    def _read(
        self, feed: Feed, messages: Sequence[Message], now: datetime
    ) -> tuple[Feed, Answer, Batch, tuple[Correction, ...]]:
        body = pack(messages)
        digest = sha256(body).hexdigest()
        if feed.keep_raw > timedelta(0):
            raw.keep(body, digest)
        batch = parse_all(
            feed,
            ((message.topic, message.body) for message in messages),
            params=self.duty.params(feed),
            now=now,
        )
        checked, applied = settle(feed, batch, city=self.duty.around.city, now=now)
        payload = Payload(
            body=body,
            request=Request(url="mqtt:"),
            fetched_at=now,
            media_type=MEDIA_TYPE,
            sha256=digest,
        )
        return feed, Answer(payload=payload), checked, applied


def _store(
    cursor: Cursor,
    feed: Feed,
    answer: Answer,
    batch: Batch,
    applied: tuple[Correction, ...],
    *,
    now: datetime,
) -> None:
    payload = answer.payload
    if payload is None:
        return
    minute = now.replace(second=0, microsecond=0)
    last = runs.find_run(cursor, standings.get_standing(cursor, feed.name).last_run)
    id_ = runs.minute_id(minute, feed.name, last=last)
    number = payloads.next_raw_number(cursor, id_)
    receipt = lake.current().append(
        batch,
        feed=feed.name,
        key=f"{id_}:{number}",
        raw=payload.sha256,
        now=now,
        origin=answer.origin,
        cursor=cursor,
    )
    notes = Notes()
    notes.add((*batch.issues, *receipt.issues), raw=payload.sha256)
    notes.applied.extend(applied)
    payloads.save_raw(
        cursor,
        run=id_,
        number=number,
        feed=feed.name,
        answer=answer,
        stored=feed.keep_raw > timedelta(0),
    )
    before = runs.find_run(cursor, id_) or Run(
        id=id_, feed=feed.name, started_at=minute, ended_at=now, outcome=Outcome.GOOD
    )
    runs.save_run(cursor, _grown(before, receipt, payload, notes, now), notes)
    standings.touch_standing(cursor, feed.name, run=id_, good=True, now=now)


def _grown(run: Run, receipt: Receipt, payload: Payload, notes: Notes, now: datetime) -> Run:
    return replace(
        run.with_receipt(receipt),
        ended_at=now,
        as_of=now,
        bytes=run.bytes + len(payload.body),
        issues=run.issues + notes.count,
    )
