"""Inclusion pages."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.kernel.registry import as_told
from moothall.topics.inclusion import queries, rules
from moothall.topics.inclusion.feeds.deprivation import FEED, LSOA
from moothall.ui import pages
from moothall.ui.missing import or_not_found

MOST_DEPRIVED = 20
"""How many small areas the page of all wards names; a ward's own names each of its own."""


@pages.kept_page("inclusion", asks=("ward",))
def wards(request: HttpRequest) -> HttpResponse:
    """How the wards stand, for someone who asks which neighbourhoods need most."""
    areas = queries.list_areas()
    asked = request.GET.get("ward", "")
    ward = next((row.ward for row in queries.list_wards() if row.ward.gss == asked), None)
    if asked and ward is None:
        raise Http404(_("We have no ward with the code %(code)s.") % {"code": asked})
    shown = [area for area in areas if area.ward == ward] if ward else areas[:MOST_DEPRIVED]
    return pages.page(
        request,
        "inclusion/wards.html",
        heading=_("Deprivation in the city's neighbourhoods"),
        rows=queries.list_wards(),
        areas=areas,
        shown=shown,
        ward=ward,
        in_most_deprived_tenth=sum(area.overall.decile == 1 for area in areas),
        all_areas=rules.LSOAS_IN_ENGLAND,
        say_decile=queries.say_decile,
        origins={int(area.origin) for area in areas},
        dataset=LSOA.name,
        attribution=as_told(FEED).attribution,
    )


@or_not_found(queries.UnableToFindArea, back="/inclusion/")
@pages.kept_page("inclusion")
def area(request: HttpRequest, gss: str) -> HttpResponse:
    """One small area: how it stands in each domain, and where that was read."""
    found = queries.get_area(gss)
    return pages.page(
        request,
        "inclusion/area.html",
        heading=_("Small area %(name)s") % {"name": found.name},
        area=found,
        titles={domain: title() for domain, title in queries.DOMAIN_TITLES.items()},
        all_areas=rules.LSOAS_IN_ENGLAND,
        say_decile=queries.say_decile,
        origins={int(found.origin)},
        dataset=LSOA.name,
        attribution=as_told(FEED).attribution,
    )
