"""How each feed is doing, in frozen answers for pages, the command line and the metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from moothall.kernel import packs
from moothall.kernel.feeds import standings, tables
from moothall.kernel.feeds.runs import RUN, Outcome, Run, run_of
from moothall.kernel.feeds.schedule import CLOCKS_DIFFER_BY, Standing, lag
from moothall.kernel.observations.entries import instant, micros
from moothall.kernel.registry import Arrival, Feed, house
from moothall.values.observations import Mender, Origin


class FeedState(StrEnum):
    """How a feed is doing."""

    OFF = "off"
    WAITING = "waiting"
    WORKING = "working"
    SIMULATED = "simulated"
    STALE = "stale"
    FAILING = "failing"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """One feed's health at one instant."""

    feed: Feed
    on: bool
    """Whether the city's pack switches it on."""
    state: FeedState
    words: str
    """The state as a person reads it: "no data since 14:05"."""
    last: Run | None
    lag: timedelta | None
    """How long ago the source last gave us anything real."""
    last_data_at: datetime | None
    next_run_at: datetime | None
    failures: int
    paused_until: datetime | None
    origin: Origin
    issues: int
    """Of the last run."""
    why: str = ""
    """What the last run met, where it met an error."""
    mender: Mender | None = None
    """Who must do something; None when nobody need."""

    @property
    def name(self) -> str:
        """The feed's name."""
        return self.feed.name


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueEntry:
    """One issue, as it is kept."""

    run: str
    feed: str
    at: datetime
    where: str
    what: str
    severity: str
    mender: str
    item: str
    raw: str
    """Hash of the payload it was found in; "" if none was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """One payload, as it came."""

    sha256: str
    feed: str
    run: str
    url: str
    role: str
    media_type: str
    bytes: int
    fetched_at: datetime
    origin: Origin
    stored: bool
    """Whether its bytes are still kept."""


def list_feeds(now: datetime) -> tuple[FeedHealth, ...]:
    """Return the health of every feed that the pack switches on, by name."""
    on = packs.current().feeds_on()
    stands, lasts, faults = standings.list_standings(), _list_last_runs(), _list_last_faults()
    known = {feed.name: feed for feed in house.feeds()}
    return tuple(
        _health(known[name], stands.get(name), lasts.get(name), faults.get(name), on=True, now=now)
        for name in sorted(on)
        if name in known
    )


def get_feed(name: str, now: datetime) -> FeedHealth:
    """Return the health of one feed, on or off; errors: KeyError naming the feeds there are."""
    feed = house.feed(name)
    on = name in packs.current().feeds_on()
    stands, lasts, faults = standings.list_standings(), _list_last_runs(), _list_last_faults()
    return _health(feed, stands.get(name), lasts.get(name), faults.get(name), on=on, now=now)


def list_runs(name: str, *, limit: int = 50) -> tuple[Run, ...]:
    """Return a feed's newest runs, newest first."""
    with tables.database().reading() as cursor:
        rows = cursor.execute(
            f"SELECT {RUN} FROM feed_run WHERE feed = ? ORDER BY id DESC LIMIT ?",
            (name, limit),
        ).fetchall()
    return tuple(map(run_of, rows))


def list_issues(name: str, *, run: str = "", limit: int = 200) -> tuple[IssueEntry, ...]:
    """Return a feed's newest issues with each raw item, newest first; of one run if named."""
    with tables.database().reading() as cursor:
        rows = cursor.execute(
            "SELECT run, feed, at, place, what, severity, mender, item, raw FROM feed_issue"
            " WHERE feed = ? AND (run = ? OR ? = '') ORDER BY run DESC, number LIMIT ?",
            (name, run, run, limit),
        ).fetchall()
    return tuple(
        IssueEntry(
            run=row[0],
            feed=row[1],
            at=instant(row[2]),
            where=row[3],
            what=row[4],
            severity=row[5],
            mender=row[6],
            item=row[7],
            raw=row[8],
        )
        for row in rows
    )


_RAW = "sha256, feed, run, url, role, media_type, bytes, fetched_at, origin, stored"


def list_raw(name: str, *, limit: int = 50) -> tuple[RawEntry, ...]:
    """Return a feed's newest payloads, newest first."""
    with tables.database().reading() as cursor:
        rows = cursor.execute(
            f"SELECT {_RAW} FROM feed_raw WHERE feed = ? ORDER BY run DESC, number DESC LIMIT ?",
            (name, limit),
        ).fetchall()
    return tuple(map(_raw_entry, rows))


def find_raw(name: str, sha256: str) -> RawEntry | None:
    """Return a feed's payload by its hash, as it last came, or None if it never did."""
    with tables.database().reading() as cursor:
        row = cursor.execute(
            f"SELECT {_RAW} FROM feed_raw WHERE feed = ? AND sha256 = ? ORDER BY run DESC LIMIT 1",
            (name, sha256),
        ).fetchone()
    return None if row is None else _raw_entry(row)


def since(at: datetime, now: datetime, zone: str) -> str:
    """Say since when there is no data, by the city's clock: "no data since 14:05".

    In the hour that comes twice when the clocks go back, the zone's name tells which one.
    """
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    time = local.strftime("%H:%M")
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        time = f"{time} {local.tzname()}"
    if local.date() == today.date():
        return _("no data since %(time)s") % {"time": time}
    day = f"{local.day} {_(local.strftime('%B'))}"
    if local.year != today.year:
        day = f"{day} {local.year}"
    return _("no data since %(time)s on %(day)s") % {"time": time, "day": day}


URGENCY = (FeedState.FAILING, FeedState.PAUSED, FeedState.STALE, FeedState.SIMULATED)
"""What somebody should look at, the gravest first: one left in peace was told of before."""


def needs_attention(one: FeedHealth) -> bool:
    """Test whether somebody should look at a feed."""
    return one.state in URGENCY or one.mender is not None


def by_urgency(one: FeedHealth) -> tuple[int, bool, timedelta, str]:
    """Sort what needs attention first: the gravest, then what is ours, then the liveliest."""
    grave = URGENCY.index(one.state) if one.state in URGENCY else len(URGENCY)
    if grave == len(URGENCY) and one.mender is None:
        grave += 1
    return grave, one.mender is not Mender.US, one.feed.every, one.feed.title


def _health(
    feed: Feed,
    standing: Standing | None,
    last: Run | None,
    fault: tuple[str, Mender] | None,
    *,
    on: bool,
    now: datetime,
) -> FeedHealth:
    stands = standing or Standing(feed=feed.name)
    origin = Origin.LIVE if last is None else last.origin
    state, words = _state(feed, stands, last, on=on, now=now)
    if origin is Origin.REPLAYED and state is FeedState.WORKING:
        words = _("playing a recording")
    return FeedHealth(
        feed=feed,
        on=on,
        state=state,
        words=words,
        last=last,
        lag=lag(stands, now),
        last_data_at=stands.last_data_at,
        next_run_at=stands.next_run_at if on else None,
        failures=stands.failures,
        paused_until=stands.paused_until,
        origin=origin,
        issues=0 if last is None else last.issues,
        why=fault[0] if fault else "",
        mender=_mender(state, last, fault),
    )


def _mender(state: FeedState, last: Run | None, fault: tuple[str, Mender] | None) -> Mender | None:
    """Say who must do something about a feed."""
    broken = last is not None and last.outcome in {Outcome.FAILED, Outcome.PARTIAL}
    if state in URGENCY or (broken and state is not FeedState.OFF):
        if fault is not None:
            return fault[1]
        # Nothing went wrong: its source says nothing new, or nobody has brought anything.
        return Mender.US if state is FeedState.SIMULATED else Mender.PUBLISHER
    return None


def _state(
    feed: Feed, stands: Standing, last: Run | None, *, on: bool, now: datetime
) -> tuple[FeedState, str]:
    zone = str(packs.current().zone)
    if not on:
        return FeedState.OFF, _("not switched on by this city")
    if last is None:
        waits = feed.arrives is Arrival.PULL
        return FeedState.WAITING, _("not run yet") if waits else _("nothing has come in yet")
    if last.origin is Origin.SIMULATED and stands.last_data_at is None:
        return FeedState.SIMULATED, _("simulated: the source has not been reached")
    quiet = None if stands.last_data_at is None else since(stands.last_data_at, now, zone)
    age = lag(stands, now)
    if age is not None and age < -CLOCKS_DIFFER_BY:
        quiet = _("its last data is dated ahead of our clock, which was set back")
    never = _("no data yet")
    if stands.paused_until is not None and stands.paused_until > now:
        return FeedState.PAUSED, quiet or never
    if stands.last_data_at is None:
        failed = last.outcome is Outcome.FAILED
        return (FeedState.FAILING if failed else FeedState.WAITING), never
    if age is not None and age > feed.stale_after:
        return FeedState.STALE, quiet or never
    if last.outcome is Outcome.FAILED:
        return FeedState.FAILING, quiet or never
    if last.outcome is Outcome.PARTIAL:
        return FeedState.WORKING, _("working, but part of it could not be read")
    return FeedState.WORKING, _("working")


def _list_last_runs() -> Mapping[str, Run]:
    columns = ", ".join(f"feed_run.{name}" for name in RUN.split(", "))
    with tables.database().reading() as cursor:
        rows = cursor.execute(
            f"SELECT {columns} FROM feed_run JOIN feed_standing ON feed_run.id = last_run"
        ).fetchall()
    return {run.feed: run for run in map(run_of, rows)}


def _list_last_faults() -> Mapping[str, tuple[str, Mender]]:
    """Return the first error that the last run of each feed met, if it met any."""
    with tables.database().reading() as cursor:
        rows = cursor.execute(
            "SELECT feed_issue.feed, what, mender FROM feed_issue JOIN feed_standing"
            " ON run = last_run WHERE severity = 'error' ORDER BY number DESC"
        ).fetchall()
    return {feed: (what, Mender(mender)) for feed, what, mender in rows}


def _raw_entry(row: tuple[object, ...]) -> RawEntry:
    sha256, feed, run, url, role, media_type, size, fetched_at, origin, stored = row
    return RawEntry(
        sha256=str(sha256),
        feed=str(feed),
        run=str(run),
        url=str(url),
        role=str(role),
        media_type=str(media_type),
        bytes=int(str(size)),
        fetched_at=instant(int(str(fetched_at))),
        origin=Origin(int(str(origin))),
        stored=bool(stored),
    )


def sweep(now: datetime, *, keep: timedelta = timedelta(days=90)) -> None:
    """Let go of the runs and issues of long ago; the last run of each feed stays."""
    before = micros(now - keep)
    with tables.database().transaction() as cursor:
        cursor.execute("DELETE FROM feed_issue WHERE at < ?", (before,))
        cursor.execute(
            "DELETE FROM feed_run WHERE started_at < ? AND id NOT IN"
            " (SELECT last_run FROM feed_standing)",
            (before,),
        )
