"""The pages made of many services."""

from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from markupsafe import Markup

from moothall.kernel import packs
from moothall.kernel.keeping import kept
from moothall.kernel.places import queries as places
from moothall.portal.queries import evidence, maps, near, now, pages, search, status
from moothall.ui.frame import frame_of
from moothall.ui.pages import kept_page, page


@kept_page()
def home(request: HttpRequest) -> HttpResponse:
    """The city in one page, for somebody who came with a question or with none."""
    at: datetime = request.now  # type: ignore[attr-defined]
    city = packs.current().city["name"]
    return page(
        request,
        "portal/home.html",
        heading=_("%(city)s now") % {"city": city},
        summary=_("%(city)s as it is now: live open data with its evidence.") % {"city": city},
        city_now=now.get_city_now(now=at),
        chapters=pages.list_chapters(),
        postcodes=places.answers_postcodes(),
        wards=[
            {"value": "", "text": _("Choose from the list")},
            *({"value": one.gss, "text": one.name} for one in places.list_wards()),
        ],
    )


@kept_page()
def city_now(request: HttpRequest) -> HttpResponse:
    """Everything measured in the city, as it is now, with its map and the map's twin in words."""
    at: datetime = request.now  # type: ignore[attr-defined]
    return page(
        request,
        "portal/now.html",
        heading=_("City now"),
        summary=_("Everything we measure in the city, as it is now."),
        city_now=now.get_city_now(now=at),
        layers=maps.list_layers(now=at),
        outline=maps.get_outline(now=at),
    )


SHORT, LEAF = 6, 30
"""How many things of each sort the list begins with, and how many a page of one sort has."""


@kept_page(asks=("layer", "page"))
def now_list(request: HttpRequest) -> HttpResponse:
    """Everything on the map, as tables: the first of each sort, or one sort page by page."""
    at: datetime = request.now  # type: ignore[attr-defined]
    asked = request.GET.get("layer", "")
    if asked and asked not in maps.list_layer_ids():
        raise Http404(_("There is no such list."))
    layers = maps.list_layers(now=at, ids=(asked,) if asked else ())
    if not asked:
        return page(
            request,
            "portal/now_list.html",
            heading=_("Everything on the map, as lists"),
            layers=layers,
            short=SHORT,
        )
    (layer,) = layers
    leaf = Paginator(layer.marks, LEAF).get_page(request.GET.get("page"))
    return page(request, "portal/layer.html", heading=layer.title, layer=layer, leaf=leaf)


def near_me(request: HttpRequest) -> HttpResponse:
    """What is around a postcode or in a ward.

    Leaves:  nothing. The postcode is answered and forgotten: it is not logged, kept, cached or
             sent on to any site that a link on the page leads to. A ward is nobody's address: its
             page is the same for all who ask.
    """
    answer = _near if "postcode" in request.GET else _near_ward
    response = answer(request)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


def _near(request: HttpRequest) -> HttpResponse:
    """Answer about a postcode or a ward."""
    at = request.now  # type: ignore[attr-defined]
    postcode = request.GET.get("postcode", "").strip()[:20]
    asked_ward = request.GET.get("ward", "").strip()[:80]
    place, ward, groups, fault = "", None, tuple[near.Group, ...](), ""
    postcodes = places.answers_postcodes()
    wrong = "postcode" if postcodes and (postcode or "ward" not in request.GET) else "ward"
    if "postcode" in request.GET and wrong == "ward" and not asked_ward:
        fault = _("Postcodes have not been loaded yet. Choose a ward instead.")
    elif postcode and postcodes:
        try:
            answer = places.find_postcode(postcode)
        except places.UnableToReadPostcode as unreadable:
            fault = str(unreadable)
        else:
            if answer is None:
                fault = _("That postcode is not in this city. Check it, or choose a ward instead.")
            else:
                place, ward = answer.postcode, answer.ward
                groups = near.list_near(answer.point, now=at)
    elif asked_ward:
        ward = places.find_ward(asked_ward)
        if ward is None:
            fault = (
                _("There is nothing of that name here. Choose from the list.")
                if places.ward_words()[0]
                else _("There is no ward of that name here. Choose one from the list.")
            )
        else:
            place, groups = ward.name, near.list_near(ward.centre, now=at)
    elif "postcode" in request.GET:
        fault = _("Enter a postcode, or choose a ward instead.")
    elif "ward" in request.GET:
        fault = _("Choose a ward from the list.")
    return page(
        request,
        "portal/near.html",
        heading=_("Near %(place)s") % {"place": place} if place else _("Near me"),
        status=HTTPStatus.OK if not fault else HTTPStatus.UNPROCESSABLE_ENTITY,
        postcode=postcode,
        postcodes=postcodes,
        asked_ward=asked_ward,
        fault=fault,
        wrong=wrong if fault else "",
        ward=ward,
        place=place,
        groups=groups,
        ward_choice=_choose_ward(request, ward, fault if wrong == "ward" else ""),
    )


def _choose_ward(request: HttpRequest, ward: places.Ward | None, fault: str) -> Markup:
    """Return the choice of a ward, which is the same for all who are in one."""
    chosen = ward.gss if ward else ""

    def make() -> Markup:
        said = {"wards": places.list_wards(), "chosen": chosen, "fault": fault}
        context = {**said, "frame": frame_of(request)}
        return Markup(render_to_string("portal/ward_choice.html", context))  # noqa: S704

    made: Markup = kept.keep(("ward choice", chosen, fault), request.now, make, about=())  # type: ignore[attr-defined]
    return made


_near_ward = kept_page(asks=("ward",))(_near)


def search_all(request: HttpRequest) -> HttpResponse:
    """Find a page, a place or data; a postcode is led to what is near it.

    Leaves:  nothing: what was looked for is not kept, nor sent on when a link is followed.
    """
    query = request.GET.get("q", "").strip()[: search.LONGEST]
    postcode = search.read_postcode(query)
    response: HttpResponse
    if postcode:
        response = HttpResponseRedirect(f"/near/?{urlencode({'postcode': postcode})}")
    else:
        fault = (
            _("Enter what you are looking for, such as a place, a ward or a postcode.")
            if "q" in request.GET and not query
            else ""
        )
        response = page(
            request,
            "portal/search.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
            fault=fault,
            heading=_("Search results for “%(query)s”") % {"query": query}
            if query
            else _("Search"),
            query=query,
            postcodes=places.answers_postcodes(),
            found=search.search(query, now=request.now),  # type: ignore[attr-defined]
            chapters=pages.list_chapters(),
            city=packs.current().city,
        )
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


@kept_page()
def sources(request: HttpRequest) -> HttpResponse:
    """Which sources bring data as they should, in words for everybody."""
    at: datetime = request.now  # type: ignore[attr-defined]
    return page(
        request,
        "portal/status.html",
        heading=_("Status of our sources"),
        sources=status.list_sources(now=at),
    )


@kept_page()
def how_this_works(request: HttpRequest) -> HttpResponse:
    """How a figure comes to be here: the chain of evidence, walked with a figure of today."""
    at: datetime = request.now  # type: ignore[attr-defined]
    return page(
        request,
        "portal/how_this_works.html",
        heading=_("How this works"),
        walk=evidence.find_walk(now=at),
    )


@kept_page("portal")
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement the law asks of a public body's site."""
    return page(
        request,
        "portal/accessibility.html",
        heading=_("Accessibility statement"),
        city=packs.current().city,
    )


@kept_page("portal")
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about a visitor, and for how long."""
    return page(request, "portal/privacy.html", heading=_("Privacy"), city=packs.current().city)


@kept_page("portal", "places")
def all_pages(request: HttpRequest) -> HttpResponse:
    """Every page of the site, by name."""
    return page(
        request,
        "portal/sitemap.html",
        heading=_("All pages"),
        own=pages.list_portal_pages(),
        chapters=pages.list_chapters(),
    )
