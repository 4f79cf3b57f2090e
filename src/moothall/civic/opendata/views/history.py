"""The page of a series, and that of a record: what was, what is, and where it came from."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.civic.opendata import rules
from moothall.civic.opendata.queries import datasets, evidence
from moothall.civic.opendata.queries import series as series_queries
from moothall.civic.opendata.queries.series import History
from moothall.civic.opendata.views.answers import answered
from moothall.ui import pages
from moothall.ui.formats import clock_time, unit_sign

ROWS = 60


@answered()
@pages.kept_page(asks=("from", "until"))
def series(request: HttpRequest, key: str) -> HttpResponse:
    """One quantity of one thing over time, as words, a line and a table."""
    zone = ZoneInfo(datasets.city_zone())
    window = rules.read_window(request.GET.get("from", ""), request.GET.get("until", ""), zone)
    found = series_queries.get_history(key, window, now=request.now)  # type: ignore[attr-defined]
    numbers = tuple(
        (one.at, float(one.result)) for one in found.observations if not isinstance(one.result, str)
    )
    return pages.page(
        request,
        "opendata/series.html",
        heading=found.entry.series.title,
        history=found,
        series=found.entry.series,
        latest=found.latest,
        shown=_write(found.latest.observation.result) if found.latest else "",
        feed=datasets.get_feed(found.entry.feed),
        summary_words=summarise(found, numbers, str(zone)),
        chart=rules.draw(numbers, zone=zone),
        rows=found.observations[::-1][:ROWS],
        origins={int(one.origin) for one in found.observations}
        | ({int(found.latest.observation.origin)} if found.latest else set()),
        asked={"from": request.GET.get("from", ""), "until": request.GET.get("until", "")},
    )


def summarise(history: History, numbers: tuple[tuple[datetime, float], ...], zone: str) -> str:
    """Say what the line shows, for whoever does not see it."""
    if not history.observations:
        return _("There is no reading between %(from)s and %(until)s.") % {
            "from": clock_time(history.from_at, zone),
            "until": clock_time(history.until_at, zone),
        }
    if not numbers:
        newest = history.observations[-1]
        return _("%(count)s readings; the newest says “%(text)s”.") % {
            "count": len(history.observations),
            "text": newest.result,
        }
    if len(numbers) == 1:
        return _("One reading: %(newest)s %(unit)s on %(at)s.") % {
            "newest": f"{numbers[0][1]:.6g}",
            "unit": unit_sign(history.entry.series.unit),
            "at": clock_time(numbers[0][0], zone),
        }
    lowest = min(numbers, key=lambda reading: reading[1])
    highest = max(numbers, key=lambda reading: reading[1])
    words = _(
        "%(count)s readings from %(from)s to %(until)s. Lowest %(low)s %(unit)s on %(low_at)s,"
        " highest %(high)s %(unit)s on %(high_at)s, newest %(newest)s %(unit)s."
    )
    said = words % {
        "count": len(numbers),
        "from": clock_time(numbers[0][0], zone),
        "until": clock_time(numbers[-1][0], zone),
        "low": f"{lowest[1]:.6g}",
        "low_at": clock_time(lowest[0], zone),
        "high": f"{highest[1]:.6g}",
        "high_at": clock_time(highest[0], zone),
        "newest": f"{numbers[-1][1]:.6g}",
        "unit": unit_sign(history.entry.series.unit),
    }
    # A mere count has no unit, and then no space before what follows.
    return re.sub(r" +(?=[ .,])", "", said)


def _write(result: float | str) -> str:
    """Write a result without the decimals that say nothing: 543, not 543.0."""
    return result if isinstance(result, str) else f"{result:.12g}"


@answered()
@pages.kept_page()
def record(request: HttpRequest, kind: str, id: str) -> HttpResponse:
    """One thing as it is and as it was, version by version."""
    known, versions = evidence.get_versions(kind, id)
    newest = versions[0]
    title = str(newest.record.fields.get(known.label) or id)
    return pages.page(
        request,
        "opendata/record.html",
        heading=title,
        kind=known,
        id=id,
        versions=versions[:ROWS],
        total=len(versions),
        origins={int(one.record.origin) for one in versions},
    )
