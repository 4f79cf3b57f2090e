"""The page of a feed, the raw bytes it brought, and what we read them as."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.civic.opendata.queries import datasets, evidence
from moothall.civic.opendata.views import written
from moothall.civic.opendata.views.answers import answered, heavy
from moothall.civic.opendata.views.wording import say_span
from moothall.kernel.feeds.reading import UnableToParse
from moothall.ui import pages
from moothall.ui.problems import ANYONE, problem

ENDINGS = {
    "application/json": "json",
    "application/geo+json": "geojson",
    "text/csv": "csv",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/plain": "txt",
    "application/zip": "zip",
}
UNCHANGING = "public, max-age=31536000, immutable"


@answered()
@pages.kept_page()
def feeds(request: HttpRequest) -> HttpResponse:
    """Every source the city reads, and how each is doing."""
    found = datasets.list_open_feeds(request.now)  # type: ignore[attr-defined]
    return pages.page(request, "opendata/feeds.html", heading=_("Our sources"), feeds=found)


@answered()
@pages.kept_page(asks=("show",))
def feed(request: HttpRequest, name: str) -> HttpResponse:
    """One source: who publishes it, whether it keeps its promise, what it last brought.

    The newest few runs, files and faults; with `?show=` many of one of them.
    """
    parts = {
        "runs": _("Each time we looked"),
        "raw": _("The files that came"),
        "issues": _("What was wrong"),
    }
    show = request.GET.get("show", "")
    show = show if show in parts else ""
    most = evidence.MANY if show else evidence.FEW
    found = evidence.get_feed(name, request.now, most=most)  # type: ignore[attr-defined]
    title = _(found.health.feed.title)
    return pages.page(
        request,
        "opendata/feed.html",
        heading=f"{title}: {parts[show]}" if show else title,
        show=show,
        found=found,
        feed=found.health.feed,
        health=found.health,
        promise=say_span,
        origins={int(run.origin) for run in found.runs[:1]},
    )


@answered()
def raw(request: HttpRequest, name: str, sha256: str) -> HttpResponse:
    """Give the very bytes that came, to keep: never to be shown or run by a browser."""
    entry, body = evidence.get_raw(name, sha256)
    said = entry.media_type.partition(";")[0].strip().lower()
    ending = ENDINGS.get(said, "bin")
    safe = said if said in ENDINGS else "application/octet-stream"
    answer = HttpResponse(body, content_type=safe)
    answer["Content-Disposition"] = f'attachment; filename="{name}-{sha256[:12]}.{ending}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Access-Control-Allow-Origin"] = ANYONE
    answer["ETag"] = f'"{sha256}"'
    answer["Cache-Control"] = UNCHANGING
    return answer


@answered(machine=True)
@heavy
def parsed(request: HttpRequest, name: str, sha256: str) -> HttpResponse:
    """Give what we read the bytes as, with every issue found in them."""
    try:
        entry, batch = evidence.read_raw(name, sha256)
    except UnableToParse as fault:
        return problem(422, str(fault))
    answer = HttpResponse(written.batch(entry, batch), content_type="application/json")
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer
