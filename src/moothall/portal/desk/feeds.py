"""The feeds' health: what came, what went wrong with which item, when each runs next."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from moothall.kernel import packs
from moothall.kernel.audit import log
from moothall.kernel.feeds import health, standings, trouble
from moothall.kernel.feeds.health import FeedHealth, FeedState
from moothall.kernel.feeds.raw import UnableToOpenRaw, open_raw
from moothall.kernel.identity.guard import staff_required, who
from moothall.kernel.registry import Arrival, house
from moothall.portal.views import feed_rows
from moothall.ui.pages import page
from moothall.values.facts import State
from moothall.values.observations import Mender, Origin

TONES = {
    FeedState.WORKING: State.GOOD,
    FeedState.SIMULATED: State.WATCH,
    FeedState.STALE: State.WATCH,
    FeedState.FAILING: State.BAD,
    FeedState.PAUSED: State.BAD,
}
SHOWN = {
    "attention": health.needs_attention,
    "us": lambda one: one.mender is Mender.US,
    "publisher": lambda one: one.mender is Mender.PUBLISHER,
}
"""What an officer may ask to see alone."""
PARTS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "runs": health.list_runs,
    "issues": health.list_issues,
    "raw": health.list_raw,
}
FEW, MANY = 8, 100
"""How many of each a feed's page shows, and how many of one alone."""
LONGEST_SHOWN = 20_000


@require_GET
@staff_required("viewer")
def list_feeds(request: HttpRequest) -> HttpResponse:
    """Show how every feed does, what needs attention first; `?show=` narrows it down."""
    house.renew()
    found = sorted(health.list_feeds(request.now), key=health.by_urgency)
    told = trouble.told(request.now)
    show = request.GET.get("show", "")
    return page(
        request,
        "portal/desk/feeds.html",
        heading=_("Feeds"),
        feeds=list(filter(SHOWN.get(show), found)) if show in SHOWN else found,
        show=show if show in SHOWN else "",
        counts={"": len(found)} | {name: sum(map(test, found)) for name, test in SHOWN.items()},
        trouble=told,
        tone=tone,
        may_run=_may_run if request.user.has_perm("desk.edit") else lambda one: False,
    )


@require_GET
@staff_required("viewer")
def table(request: HttpRequest) -> HttpResponse:
    """Hand the list over as CSV, for a spreadsheet."""
    found = sorted(health.list_feeds(request.now), key=health.by_urgency)
    return feed_rows.as_csv(feed_rows.rows(found))


@require_GET
@staff_required("viewer")
def listing(request: HttpRequest) -> HttpResponse:
    """Hand the list over as JSON, for a program."""
    found = sorted(health.list_feeds(request.now), key=health.by_urgency)
    return feed_rows.as_json(feed_rows.rows(found))


def tone(one: FeedHealth) -> State:
    """Say what a feed's state asks for; one that plays a recording is not said to be well."""
    if one.state is FeedState.WORKING and one.origin is not Origin.LIVE:
        return State.NEUTRAL
    return TONES.get(one.state, State.UNKNOWN)


def advise(one: FeedHealth) -> str:
    """Say what an officer can do about a feed's state; "" when there is nothing to do."""
    return {
        FeedState.PAUSED: _(
            "It failed several times in a row, so its source is left in peace for a while. When"
            " the cause is mended, run it now."
        ),
        FeedState.FAILING: _("It is tried again by itself."),
        FeedState.STALE: _("Its source answers but brings nothing new: ask its publisher."),
        FeedState.SIMULATED: _(
            "Nothing has come from its source, so a labelled stand-in is shown."
        ),
        FeedState.WAITING: _("It has not brought anything yet. Run it now, or wait for its turn."),
    }.get(one.state, "")


@require_GET
@staff_required("viewer")
def feed(request: HttpRequest, feed: str) -> HttpResponse:
    """Show one feed: its runs, its issues with the raw item, its raw payloads, its next run.

    The newest few of each; with `?show=` many of one of them.
    """
    found = _get(feed, request)
    show = request.GET.get("show", "")
    show = show if show in PARTS else ""
    listed = {
        part: list_newest(feed, limit=(MANY if show else FEW) + 1)
        for part, list_newest in PARTS.items()
        if show in ("", part)
    }
    return page(
        request,
        "portal/desk/feed.html",
        heading=_(found.feed.title),
        one=found,
        tone=tone,
        advice=advise(found),
        show=show,
        listed={part: entries[: MANY if show else FEW] for part, entries in listed.items()},
        more={part for part, entries in listed.items() if not show and len(entries) > FEW},
        may_run=_may_run(found) and request.user.has_perm("desk.edit"),
    )


@require_POST
@staff_required("editor")
def run_now(request: HttpRequest, feed: str) -> HttpResponse:
    """Have the worker run a feed at its next look, even one left in peace."""
    found = _get(feed, request)
    if not _may_run(found):
        return HttpResponse(
            _("This feed waits for what is brought to it."), status=HTTPStatus.CONFLICT
        )
    with transaction.atomic():
        log.record(by=who(request.user), did="feed_run_asked", to=f"feed:{feed}", at=request.now)
    standings.run_soon(feed, now=request.now)
    return HttpResponseRedirect(reverse("desk:feed", args=[feed]) + "?asked=1")


@require_GET
@staff_required("viewer")
def raw(request: HttpRequest, feed: str, sha256: str) -> HttpResponse:
    """Show the beginning of a raw payload as plain text, whatever it says it is."""
    if health.find_raw(feed, sha256) is None:
        raise Http404(_("This feed never brought those bytes."))
    try:
        body = open_raw(sha256)
    except UnableToOpenRaw as fault:
        raise Http404(str(fault)) from None
    answer = HttpResponse(
        body[:LONGEST_SHOWN].decode("utf-8", "replace"), content_type="text/plain; charset=utf-8"
    )
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _get(name: str, request: HttpRequest) -> FeedHealth:
    house.renew()
    try:
        return health.get_feed(name, request.now)
    except KeyError:
        raise Http404(_("There is no such feed.")) from None


def _may_run(found: FeedHealth) -> bool:
    """Test whether there is anything to run: switched on, and fetched rather than brought."""
    is_on = found.name in packs.current().feeds_on()
    return is_on and found.feed.arrives is Arrival.PULL
