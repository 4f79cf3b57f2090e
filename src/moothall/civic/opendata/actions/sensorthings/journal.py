"""What was written with which key, in the audit log: a line a change, observations summed."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from moothall.civic.opendata.feeds.sensed import FEED
from moothall.kernel.audit import log

EVERY = timedelta(minutes=10)
"""So long the observations of one key are summed into one line. The runs tell of each minute."""


@dataclass(slots=True)
class _Sum:
    until: datetime
    count: int = 0


_sums: dict[str, _Sum] = {}
_lock = threading.Lock()


def note_change(*, by: str, did: str, what: str, now: datetime) -> None:
    """Write down that an entity was made, changed or removed."""
    log.record(
        by=f"key:{by}", did=f"sensorthings_{did}", to=f"feed:{FEED.name}", at=now,
        detail={"entity": what[:200]},
    )  # fmt: skip


def note_observations(*, by: str, count: int, now: datetime) -> None:
    """Write down that observations were sent: the first at once, others summed."""
    if not count:
        return
    with _lock:
        held = _sums.get(by)
        if held is not None and now < held.until:
            held.count += count
            return
        total = count + (held.count if held is not None else 0)
        _sums[by] = _Sum(until=now + EVERY)
    log.record(
        by=f"key:{by}",
        did="sensorthings_observed",
        to=f"feed:{FEED.name}",
        at=now,
        detail={"observations": total},
    )
