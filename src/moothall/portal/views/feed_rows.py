"""The list of feeds as a table that other programs read."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from moothall.kernel.feeds.health import FeedHealth
from moothall.portal.queries.status import list_open
from moothall.standards.spreadsheets import safe

COLUMNS = (
    "name",
    "title",
    "publisher",
    "state",
    "words",
    "who_must_mend",
    "why",
    "origin",
    "last_run_at",
    "last_outcome",
    "observations",
    "records",
    "had_before",
    "issues",
    "last_data_at",
    "lag_seconds",
    "next_run_at",
    "failures",
)


def rows(found: Iterable[FeedHealth]) -> list[Mapping[str, Any]]:
    """Return a row a feed, in the order given."""
    return [dict(zip(COLUMNS, _row(one), strict=True)) for one in found]


def _row(one: FeedHealth) -> tuple[Any, ...]:
    last = one.last
    return (
        one.name,
        one.feed.title,
        one.feed.publisher,
        one.state.value,
        one.words,
        one.mender.value if one.mender else "",
        one.why,
        one.origin.name.lower(),
        _written(last.ended_at if last else None),
        last.outcome.value if last else "",
        last.observations if last else None,
        last.records if last else None,
        last.duplicates + last.unchanged if last else None,
        last.issues if last else None,
        _written(one.last_data_at),
        None if one.lag is None else int(one.lag.total_seconds()),
        _written(one.next_run_at),
        one.failures,
    )


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")


def as_csv(table: Iterable[Mapping[str, Any]]) -> HttpResponse:
    """Answer with CSV; a text that a spreadsheet would take for a formula is made one no more."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for row in table:
        writer.writerow([safe(row[name]) for name in COLUMNS])
    answer = HttpResponse(written.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="feeds.csv"'
    return answer


def as_json(table: list[Mapping[str, Any]]) -> HttpResponse:
    """Answer with JSON."""
    return JsonResponse({"feeds": table})


@require_GET
def status_csv(request: HttpRequest) -> HttpResponse:
    """Hand over how our sources do as CSV, to anybody."""
    return as_csv(rows(list_open(request.now)))  # type: ignore[attr-defined]


@require_GET
def status_json(request: HttpRequest) -> HttpResponse:
    """Hand over how our sources do as JSON, to anybody."""
    return as_json(rows(list_open(request.now)))  # type: ignore[attr-defined]
