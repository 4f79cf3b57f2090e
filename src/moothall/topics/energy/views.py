"""Energy pages."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.kernel.registry import as_told
from moothall.topics.energy import queries
from moothall.topics.energy.feeds import carbon_intensity
from moothall.ui import pages


@pages.kept_page("energy")
def energy(request: HttpRequest) -> HttpResponse:
    """How clean electricity is now, for someone choosing when to switch on."""
    now = request.now  # type: ignore[attr-defined]
    grids = queries.list_grids(now=now)
    return pages.page(
        request,
        "energy/energy.html",
        heading=_("Electricity now"),
        grids=tuple((grid, queries.grid_as_fact(grid), _say_when(grid, now)) for grid in grids),
        origins={int(grid.origin) for grid in grids},
        attribution=as_told(carbon_intensity.FEED).attribution,
    )


@pages.kept_page("energy")
def forecast(request: HttpRequest) -> HttpResponse:
    """The next day by half hour, for someone who can put off a wash or a charge."""
    now = request.now  # type: ignore[attr-defined]
    grids = queries.list_grids(now=now)
    return pages.page(
        request,
        "energy/forecast.html",
        heading=_("When electricity will be cleanest"),
        grids=tuple((grid, _say_when(grid, now)) for grid in grids),
        origins={int(one.origin) for grid in grids for one in grid.ahead},
        attribution=as_told(carbon_intensity.FEED).attribution,
    )


def _say_when(grid: queries.GridCarbon, now: datetime) -> str:
    return queries.say_cleanest(grid.cleanest, now) if grid.cleanest else ""
