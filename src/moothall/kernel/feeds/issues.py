"""What was wrong with what feeds brought: counted, and each with since when it has been so."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from moothall.kernel.feeds import tables
from moothall.kernel.observations.entries import instant
from moothall.values.observations import Mender, Severity

Counted = Mapping[tuple[Severity, Mender], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingIssue:
    """An issue that a feed's last run met, and how long it has been met."""

    feed: str
    where: str
    what: str
    severity: Severity
    mender: Mender
    first_at: datetime
    """When a run met it first, of those that are kept."""
    last_at: datetime


def count_last() -> Mapping[str, Counted]:
    """Count the issues that are kept of each feed's last run, by severity and who must mend."""
    with tables.database().reading() as cursor:
        rows = cursor.execute(
            "SELECT feed_issue.feed, severity, mender, count(*) FROM feed_issue"
            " JOIN feed_standing ON run = last_run GROUP BY feed_issue.feed, severity, mender"
        ).fetchall()
    found: dict[str, dict[tuple[Severity, Mender], int]] = {}
    for feed, severity, mender, count in rows:
        found.setdefault(feed, {})[Severity(severity), Mender(mender)] = int(count)
    return found


def list_standing(feeds: Iterable[str]) -> Iterator[StandingIssue]:
    """Give the issues of some feeds' last runs, feed by feed."""
    for feed in feeds:
        with tables.database().reading() as cursor:
            rows = cursor.execute(
                "SELECT i.place, i.what, i.severity, i.mender, i.at, min(e.at) FROM feed_issue i"
                " JOIN feed_standing s ON i.run = s.last_run JOIN feed_issue e"
                " ON e.feed = i.feed AND e.place = i.place AND e.what = i.what WHERE i.feed = ?"
                " GROUP BY i.number, i.place, i.what, i.severity, i.mender, i.at"
                " ORDER BY i.number",
                (feed,),
            ).fetchall()
        for where, what, severity, mender, at, first_at in rows:
            yield StandingIssue(
                feed=feed,
                where=where,
                what=what,
                severity=Severity(severity),
                mender=Mender(mender),
                first_at=instant(first_at),
                last_at=instant(at),
            )
