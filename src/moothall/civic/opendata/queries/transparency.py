"""What the council must publish by the Transparency Code, and whether it does."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from moothall.civic.opendata.models import Answer
from moothall.civic.opendata.queries import tables
from moothall.civic.opendata.queries.tables import TableEntry
from moothall.standards import lga
from moothall.standards.lga import Duty, Met, Often

HEADINGS = (
    "duty",
    "title",
    "often",
    "state",
    "dataset",
    "newest_at",
    "missing_columns",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """A table that answers a duty, and how well."""

    entry: TableEntry
    met: Met


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyEntry:
    """A duty, and what answers it."""

    duty: Duty
    answers: tuple[Answering, ...]

    @property
    def state(self) -> str:
        """Say it in a word: not-published, late, columns-missing, met."""
        if not self.answers:
            return "not-published"
        # Several tables may answer together, a year or a quarter each: the newest must be on time.
        if not any(one.met.on_time for one in self.answers):
            return "late"
        if all(one.met.missing for one in self.answers if one.met.on_time):
            return "columns-missing"
        return "met"


def list_duties(now: datetime) -> tuple[DutyEntry, ...]:
    """Return every duty with the published tables that answer it."""
    published = {one.slug: one for one in tables.list_published()}
    said: dict[str, list[TableEntry]] = {}
    for duty, slug in Answer.objects.order_by("at", "pk").values_list("duty", "table__slug"):
        if slug in published:
            said.setdefault(duty, []).append(published[slug])
    return tuple(
        DutyEntry(
            duty=duty,
            answers=tuple(_answering(duty, entry, now) for entry in said.get(duty.code, ())),
        )
        for duty in lga.DUTIES
    )


def _answering(duty: Duty, entry: TableEntry, now: datetime) -> Answering:
    version = entry.version
    if version is None:
        raise ValueError(f"{entry.name} has no version")
    columns = [column.name for column in version.columns]
    if version.geometry is not None:
        columns.append("geometry")
    return Answering(entry=entry, met=lga.check(duty, columns=columns, at=version.at, now=now))


def list_rows(now: datetime) -> tuple[tuple[str, ...], ...]:
    """Return the register as rows of `HEADINGS`: one for each table that answers, or for none."""
    return tuple(
        (
            one.duty.code,
            one.duty.title,
            one.duty.often.value,
            one.state,
            "" if answer is None else answer.entry.name,
            _at(answer),
            "" if answer is None else "; ".join(answer.met.missing),
        )
        for one in list_duties(now)
        for answer in one.answers or (None,)
    )


def _at(answer: Answering | None) -> str:
    if answer is None or answer.entry.version is None:
        return ""
    return answer.entry.version.at.isoformat(timespec="seconds")


def list_chosen() -> dict[str, tuple[str, ...]]:
    """Return the slugs of the tables that are said to answer each duty, published or not."""
    chosen: dict[str, tuple[str, ...]] = {}
    for duty, slug in Answer.objects.order_by("at", "pk").values_list("duty", "table__slug"):
        chosen[duty] = (*chosen.get(duty, ()), slug)
    return chosen


def say_often(often: Often) -> str:
    """Say how often a duty is to be met."""
    return {
        Often.QUARTERLY: _("every three months"),
        Often.ANNUALLY: _("every year"),
        Often.ONCE: _("once"),
    }[often]


def say_state(state: str) -> str:
    """Say whether a duty is met."""
    return {
        "not-published": _("not published here"),
        "late": _("published, but late"),
        "columns-missing": _("published, but columns are missing"),
        "met": _("published, in time and whole"),
    }[state]
