"""What stands behind a fact: the feed, its runs, and the raw bytes with what they were read as."""

from dataclasses import dataclass
from datetime import datetime

from moothall.civic.opendata.queries.datasets import is_open, suggest
from moothall.kernel import packs
from moothall.kernel.feeds import health, raw, reading
from moothall.kernel.feeds.disclosure import counts_people
from moothall.kernel.feeds.health import FeedHealth, IssueEntry, RawEntry
from moothall.kernel.feeds.runs import Run
from moothall.kernel.observations.entries import RecordEntry
from moothall.kernel.observations.lake import current
from moothall.kernel.registry import house
from moothall.values.observations import Access, Batch, Kind
from moothall.values.requests import Payload, Request


class UnableToFindFeed(LookupError):
    """There is no such open feed; `like` names those that sound like it."""

    def __init__(self, name: str, like: tuple[str, ...]) -> None:
        super().__init__(f"There is no feed called {name[:80]}.")
        self.like = like


class UnableToFindRaw(LookupError):
    """These bytes never came by this feed, or are no longer kept."""


class UnableToFindRecord(LookupError):
    """There never was such a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvidence:
    """A feed, and what is known of its last runs."""

    health: FeedHealth
    runs: tuple[Run, ...]
    issues: tuple[IssueEntry, ...]
    raw: tuple[RawEntry, ...]
    more: frozenset[str]
    """Of which of these there are more: "runs", "issues", "raw"."""


FEW, MANY = 5, 100


def get_feed(name: str, now: datetime, *, most: int = FEW) -> FeedEvidence:
    """Return an open feed with its newest runs, issues and files; errors: UnableToFindFeed."""
    house.renew()
    if not is_open(name):
        names = tuple(feed.name for feed in house.feeds() if feed.access is Access.OPEN)
        raise UnableToFindFeed(name, suggest(name, names))
    runs = health.list_runs(name, limit=most + 1)
    issues = health.list_issues(name, limit=most + 1)
    files = health.list_raw(name, limit=most + 1)
    listed = {"runs": runs, "issues": issues, "raw": files}
    return FeedEvidence(
        health=health.get_feed(name, now),
        runs=runs[:most],
        issues=issues[:most],
        raw=files[:most],
        more=frozenset(part for part, found in listed.items() if len(found) > most),
    )


def get_raw(name: str, sha256: str) -> tuple[RawEntry, bytes]:
    """Return what came by an open feed, byte for byte; errors: UnableToFindRaw."""
    if is_open(name) and counts_people(house.feed(name)):
        raise UnableToFindRaw("These bytes count people, some so few that they could be made out.")
    entry = health.find_raw(name, sha256) if is_open(name) else None
    if entry is None:
        raise UnableToFindRaw("No such bytes came by this feed.")
    try:
        return entry, raw.open_raw(sha256)
    except raw.UnableToOpenRaw as fault:
        raise UnableToFindRaw("These bytes are no longer kept.") from fault


def read_raw(name: str, sha256: str) -> tuple[RawEntry, Batch]:
    """Return what we read the bytes as, by today's rules, in the source's own times.

    Errors:  UnableToFindRaw; reading.UnableToParse with a sentence.
    """
    entry, body = get_raw(name, sha256)
    payload = Payload(
        body=body,
        request=Request(url=entry.url, role=entry.role),
        fetched_at=entry.fetched_at,
        media_type=entry.media_type,
        sha256=sha256,
    )
    return entry, reading.parse(house.feed(name), payload, packs.current().params(name))


def get_versions(kind: str, id: str) -> tuple[Kind, tuple[RecordEntry, ...]]:
    """Return a record's versions, newest first; errors: UnableToFindRecord."""
    known = house.kinds().get(kind)
    if known is None or known[0].access is not Access.OPEN:
        raise UnableToFindRecord("There is no such dataset.")
    versions = tuple(e for e in current().list_versions(kind, id) if is_open(e.feed))
    if not versions:
        raise UnableToFindRecord("There is no such record in this dataset.")
    return known[0], versions[::-1]


def list_records(kind: str, limit: int) -> tuple[RecordEntry, ...]:
    """Return some of the current records of a kind."""
    return tuple(e for e in current().list_records(kind, limit=limit) if is_open(e.feed))
