"""Flood warnings and alerts: which are in force, and whether we know at all."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from moothall.kernel.feeds import standings
from moothall.kernel.observations import lake
from moothall.kernel.observations.entries import RecordEntry
from moothall.topics.flood import rules
from moothall.topics.flood.feeds import warnings
from moothall.ui.formats import no_data_since
from moothall.values.facts import State
from moothall.values.observations import Origin
from moothall.values.times import parse_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:
    """One flood area's message, as a page shows it."""

    id: str
    name: str
    severity: rules.Severity
    words: str
    message: str
    river_or_sea: str
    county: str
    raised_at: datetime | None
    changed_at: datetime | None
    url: str
    origin: Origin

    @property
    def show_as(self) -> State:
        """The state as a page shows it."""
        return rules.SEVERITY_STATES[self.severity]

    @property
    def in_force(self) -> bool:
        """Whether it still holds."""
        return self.severity is not rules.Severity.NO_LONGER_IN_FORCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Warnings:
    """What is in force, worst first, and what is over; only worth as much as `read_at`."""

    in_force: tuple[Warning, ...]
    over: tuple[Warning, ...]
    read_at: datetime | None
    """When the list was last read."""
    current: bool
    """Whether it was read lately enough that an empty list means there are none."""
    state: State
    words: str


def list_warnings(*, now: datetime) -> Warnings:
    """Return the flood warnings and alerts in and round the city.

    Source:  flood.warnings, in the lake; the feed's health says when it was last read.
    """
    known = sorted(
        (_read_warning(entry) for entry in lake.current().list_records(warnings.WARNING.name)),
        key=lambda one: (one.severity, one.name),
    )
    in_force = tuple(one for one in known if one.in_force)
    over = tuple(one for one in known if not one.in_force)
    standing = standings.list_standings().get(warnings.FEED.name)
    read_at = standing.last_data_at if standing else None
    current = read_at is not None and now - read_at <= warnings.FEED.stale_after
    if any(one.origin is Origin.SIMULATED for one in known):
        # A stand-in must neither warn nor reassure anyone.
        current = False
        state, words = State.UNKNOWN, _("Real flood warnings are not being read here")
    else:
        state, words = _summarise(in_force, current, read_at, now)
    return Warnings(
        in_force=in_force, over=over, read_at=read_at, current=current, state=state, words=words
    )


def _summarise(
    in_force: tuple[Warning, ...], current: bool, read_at: datetime | None, now: datetime
) -> tuple[State, str]:
    if not current:
        silent = no_data_since(read_at, now)
        return State.UNKNOWN, _("Not known whether warnings are in force: %(silent)s") % {
            "silent": silent
        }
    if not in_force:
        return State.GOOD, _("No flood warnings or alerts are in force")
    worst = in_force[0]
    if len(in_force) == 1:
        return worst.show_as, f"{worst.words}: {worst.name}"
    return worst.show_as, _("%(count)d flood messages in force; the worst: %(words)s, %(name)s") % {
        "count": len(in_force),
        "words": worst.words,
        "name": worst.name,
    }


def _read_warning(entry: RecordEntry) -> Warning:
    fields = entry.record.fields
    severity = rules.Severity(int(str(fields["severity_level"])))
    return Warning(
        id=entry.record.id,
        name=str(fields["name"]),
        severity=severity,
        words=say_severity(severity),
        message=str(fields["message"] or ""),
        river_or_sea=str(fields["river_or_sea"] or ""),
        county=str(fields["county"] or ""),
        raised_at=_instant(fields["raised_at"]),
        changed_at=_instant(fields["message_changed_at"]),
        url=str(fields["source_url"]),
        origin=entry.record.origin,
    )


def _instant(text: object) -> datetime | None:
    return parse_instant(text) if isinstance(text, str) else None


def say_severity(severity: rules.Severity) -> str:
    """Name a severity as the Agency does."""
    return {
        rules.Severity.SEVERE_WARNING: _("Severe flood warning"),
        rules.Severity.WARNING: _("Flood warning"),
        rules.Severity.ALERT: _("Flood alert"),
        rules.Severity.NO_LONGER_IN_FORCE: _("Warning no longer in force"),
    }[severity]
