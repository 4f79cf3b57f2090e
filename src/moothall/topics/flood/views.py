"""Flood pages."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.kernel.registry import as_told
from moothall.topics.flood import rules
from moothall.topics.flood.feeds import readings as readings_feed
from moothall.topics.flood.queries import levels as level_queries
from moothall.topics.flood.queries import summary
from moothall.topics.flood.queries import warnings as warning_queries
from moothall.ui import pages
from moothall.ui.missing import or_not_found

NEWEST = 24
"""How many readings a gauge's page lists: six hours of quarters; the rest is one click away."""


@pages.kept_page("flood")
def levels(request: HttpRequest) -> HttpResponse:
    """River levels and warnings now, for someone deciding whether to move the car."""
    now = request.now  # type: ignore[attr-defined]
    found = level_queries.list_levels(now=now)
    rainfall = level_queries.list_rainfall(now=now)
    warnings = warning_queries.list_warnings(now=now)
    return pages.page(
        request,
        "flood/levels.html",
        heading=_("Rivers and floods"),
        warnings=warnings,
        rivers=tuple(summary.as_fact(one) for one in found if not one.gauge.moveable_weir),
        weirs=tuple(summary.as_fact(one) for one in found if one.gauge.moveable_weir),
        rainfall=tuple(summary.rain_as_fact(one) for one in rainfall),
        origins={
            int(one.origin) for one in (*found, *rainfall, *warnings.in_force, *warnings.over)
        },
        attribution=as_told(readings_feed.FEED).attribution,
    )


@or_not_found(level_queries.UnableToFindGauge, back="/flood/")
@pages.kept_page("flood")
def gauge(request: HttpRequest, gauge_id: str) -> HttpResponse:
    """One gauge: its level beside its usual range, its last readings, and where they come from."""
    found = level_queries.get_gauge(gauge_id, now=request.now)  # type: ignore[attr-defined]
    return pages.page(
        request,
        "flood/gauge.html",
        heading=f"{found.gauge.river}, {found.gauge.name}",
        found=found,
        gauge=found.gauge,
        facts=tuple(replace(summary.as_fact(level), url="") for level in found.levels),
        origins={int(level.origin) for level in found.levels},
        newest=NEWEST,
        trend=_say_trend(found.trend),
    )


def _say_trend(trend: rules.Trend) -> str:
    return {
        rules.Trend.RISING: _("Rising over the last hour"),
        rules.Trend.FALLING: _("Falling over the last hour"),
        rules.Trend.STEADY: _("Steady over the last hour"),
        rules.Trend.UNKNOWN: _("Not known whether it is rising or falling"),
    }[trend]
