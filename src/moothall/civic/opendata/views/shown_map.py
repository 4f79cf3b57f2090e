"""A map of a dataset's rows: a picture that needs no script, a map that moves, and a list."""

from dataclasses import replace

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moothall.civic.opendata.queries import spots
from moothall.civic.opendata.queries.sources import is_placed
from moothall.civic.opendata.queries.spots import Spots
from moothall.civic.opendata.rules import UnableToAnswer, filtering, placing
from moothall.civic.opendata.views.answers import answered
from moothall.civic.opendata.views.asked import Asked, ask, say_filters
from moothall.civic.opendata.views.rows import ways
from moothall.kernel.keeping import kept
from moothall.ui import pages
from moothall.ui.problems import ANYONE

MOST_LISTED = 200


@answered()
def shown(request: HttpRequest, name: str) -> HttpResponse:
    """Where a dataset's rows are, as a picture and as a list."""
    asked, found = _found(request, name)
    return pages.page(
        request,
        "opendata/map.html",
        heading=_("%(title)s: map") % {"title": asked.dataset.title},
        dataset=asked.dataset,
        ways=ways(asked, "map"),
        words=say_map(found),
        picture_url=asked.address("/map.svg"),
        marks_url=asked.address("/map.geojson"),
        rows_url=asked.address("/table/"),
        filters=say_filters(asked, "/map/"),
        spots=found.spots[:MOST_LISTED],
        count=len(found.spots),
    )


@answered(machine=True)
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """Give the map as a picture that stands by itself."""
    asked, found = _found(request, name)
    sheet = placing.lay_out(spots.read_ground(asked.now), [one.geometry for one in found.spots])
    context = {"sheet": sheet, "title": asked.dataset.title, "words": say_map(found)}
    answer = render(request, "opendata/map.svg", context, content_type="image/svg+xml")
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer


@answered(machine=True)
def marks(request: HttpRequest, name: str) -> HttpResponse:
    """Give what stands on the map, for the map that moves."""
    _asked, found = _found(request, name)
    features = [
        {
            "type": "Feature",
            "geometry": one.geometry,
            "properties": {"title": one.title, "words": one.words, "url": one.url},
        }
        for one in found.spots
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    answer = HttpResponse(body, content_type="application/geo+json")
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer


def _found(request: HttpRequest, name: str) -> tuple[Asked, Spots]:
    asked = ask(request, name)
    if not is_placed(asked.dataset):
        raise UnableToAnswer("map", _("these rows have no place: look at the table"))
    question = replace(asked.question, order=(), columns=(), page=1, size=filtering.USUAL)
    found: Spots = kept.keep(
        ("spots", name, asked.dataset.version, question),
        asked.now,
        lambda: spots.read_spots(asked.dataset, question),
        about=(name.partition(".")[0], "places"),
    )
    return asked, found


def say_map(found: Spots) -> str:
    """Say what a map shows, for whoever does not see it."""
    count = len(found.spots)
    said = [ngettext("%(n)s place.", "%(n)s places.", count) % {"n": f"{count:,}"}]
    if found.left_out:
        said.append(_("%(n)s more are not drawn, for want of room.") % {"n": f"{found.left_out:,}"})
    if found.missing:
        words = ngettext("%(n)s row has no place.", "%(n)s rows have no place.", found.missing)
        said.append(words % {"n": f"{found.missing:,}"})
    return " ".join(said)
