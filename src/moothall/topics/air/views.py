"""Air pages."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.kernel.registry import as_told
from moothall.topics.air import rules
from moothall.topics.air.feeds import uk_air
from moothall.topics.air.queries import advice, sensors, sites, summary
from moothall.ui import pages
from moothall.ui.missing import or_not_found


@pages.kept_page("air")
def air(request: HttpRequest) -> HttpResponse:
    """How clean the air is now, for someone deciding whether to run outside."""
    now = request.now  # type: ignore[attr-defined]
    found = sites.list_sites(now=now)
    people = sensors.list_sensors(now=now)
    worst = max((one.index for one in found if one.index is not None), default=None)
    return pages.page(
        request,
        "air/air.html",
        heading=_("Air quality"),
        worst=None if worst is None else sites.say_index(worst),
        advice=None if worst is None else advice.get_advice(rules.band_of(worst)),
        bands=tuple((sites.name_band(one.band), one) for one in advice.list_advice()),
        advice_source=advice.SOURCE,
        sites=tuple(summary.site_as_fact(one) for one in found),
        sensors=tuple(summary.sensor_as_fact(one) for one in people),
        origins={int(one.origin) for one in (*found, *people)},
        attribution=as_told(uk_air.FEED).attribution,
    )


@or_not_found(sites.UnableToFindSite, back="/air/")
@pages.kept_page("air")
def site(request: HttpRequest, site_id: str) -> HttpResponse:
    """One monitoring site: its index, its last day hour by hour, and where they come from."""
    found = sites.get_site(site_id, now=request.now)  # type: ignore[attr-defined]
    return pages.page(
        request,
        "air/site.html",
        heading=found.air.site.name,
        found=found,
        site=found.air.site,
        index=replace(summary.site_as_fact(found.air), url=""),
        pollutants=tuple(summary.pollutant_as_fact(one) for one in found.air.pollutants),
        origins={
            *(int(one.origin) for one in found.air.pollutants),
            *(int(one.origin) for one in found.daily),
        },
        attribution=as_told(uk_air.FEED).attribution,
    )
