"""Everything the raw bytes say, parsed again: what a lake can be rebuilt from."""

from collections.abc import Iterator
from datetime import timedelta

import structlog

from moothall.kernel.feeds import messages, raw, reading, tables
from moothall.kernel.feeds.duty import Duty
from moothall.kernel.feeds.fetching import Answer
from moothall.kernel.feeds.raw import UnableToOpenRaw
from moothall.kernel.observations.entries import instant
from moothall.kernel.observations.upkeep import Delivered
from moothall.kernel.registry import Feed
from moothall.values.observations import Batch, Origin
from moothall.values.requests import Payload, Request

log = structlog.get_logger("moothall.feeds")

_COLUMNS = (
    "run, number, feed, sha256, url, role, media_type, fetched_at, origin, shift, hold_future"
)
_PAGE = 500


def deliveries(duty: Duty) -> Iterator[Delivered]:
    """Yield every payload still kept, parsed again as it was the first time, oldest first.

    A payload that cannot be read now is logged and left out. What stand-ins said is forgotten.
    """
    feeds = {feed.name: feed for feed in duty.feeds}
    after = ("", -1)
    while True:
        with tables.database().reading() as cursor:
            rows = cursor.execute(
                f"SELECT {_COLUMNS} FROM feed_raw WHERE stored = 1 AND (run, number) > (?, ?)"
                " ORDER BY run, number LIMIT ?",
                (*after, _PAGE),
            ).fetchall()
        for row in rows:
            found = _deliver(feeds.get(row[2]), row, duty)
            if found is not None:
                yield found
        if len(rows) < _PAGE:
            return
        after = (rows[-1][0], rows[-1][1])


def _deliver(feed: Feed | None, row: tuple[object, ...], duty: Duty) -> Delivered | None:
    run, number, name, sha256, url, role, media_type, fetched_at, origin, shift, held = row
    if feed is None:
        return None
    try:
        body = raw.open_raw(str(sha256))
    except UnableToOpenRaw as fault:
        log.warning("raw bytes missing", feed=name, sha256=sha256, why=str(fault))
        return None
    moved = timedelta(microseconds=int(str(shift)))
    fetched = instant(int(str(fetched_at)))
    payload = Payload(
        body=body,
        request=Request(url=str(url), role=str(role)),
        fetched_at=fetched,
        media_type=str(media_type),
        sha256=str(sha256),
    )
    answer = Answer(
        payload=payload,
        origin=Origin(int(str(origin))),
        shift=moved,
        hold_future=bool(held),
    )
    batch = _read(feed, answer, payload, duty)
    if batch is None:
        return None
    return Delivered(
        batch=batch,
        feed=feed.name,
        key=f"{run}:{number}",
        received_at=fetched + moved,
        raw=str(sha256),
    )


def _read(feed: Feed, answer: Answer, payload: Payload, duty: Duty) -> Batch | None:
    params, city = duty.params(feed), duty.around.city
    if payload.media_type == messages.MEDIA_TYPE:
        said = messages.parse_all(
            feed, messages.unpack(payload.body), params=params, now=payload.fetched_at
        )
        return messages.settle(feed, said, city=city, now=payload.fetched_at)[0]
    now = payload.fetched_at + answer.shift
    piece = reading.read(feed, answer, params=params, city=city, now=now)
    return None if piece.fault else piece.batch
