"""How a question that cannot be answered is answered: a page, or a problem for a program."""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.civic.opendata.queries.datasets import UnableToFindDataset
from moothall.civic.opendata.queries.evidence import (
    UnableToFindFeed,
    UnableToFindRaw,
    UnableToFindRecord,
)
from moothall.civic.opendata.queries.series import UnableToFindSeries
from moothall.civic.opendata.queries.tables import TableWithdrawn, UnableToFindTable
from moothall.civic.opendata.rules import UnableToAnswer
from moothall.ui import pages
from moothall.ui.problems import problem

NOT_FOUND = (
    UnableToFindDataset,
    UnableToFindSeries,
    UnableToFindFeed,
    UnableToFindRaw,
    UnableToFindRecord,
    UnableToFindTable,
)
View = Callable[..., Any]


def answered(*, machine: bool = False) -> Callable[[View], View]:
    """Answer 400 or 404, saying what would mend it, where the view cannot answer."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in {"GET", "HEAD"}:
                answer = problem(405, str(_("Only reading is possible here.")))
                answer["Allow"] = "GET, HEAD"
                return answer
            try:
                return view(request, *args, **kwargs)  # type: ignore[no-any-return]
            except UnableToAnswer as fault:
                if machine:
                    return problem(400, str(fault), parameter=fault.parameter)
                return _page(request, 400, _("That cannot be answered as asked"), str(fault), ())
            except TableWithdrawn as fault:
                if machine:
                    return problem(410, str(fault))
                return pages.page(
                    request,
                    "opendata/withdrawn.html",
                    heading=_("Withdrawn: %(title)s") % {"title": fault.entry.title},
                    status=410,
                    one=fault.entry,
                )
            except NOT_FOUND as fault:
                like = _links(fault)
                if machine:
                    return problem(404, str(fault), like=[url for url, _words in like])
                return _page(request, 404, _("We do not have that"), str(fault), like)

        return inner

    return wrap


def or_404(fault: type[LookupError]) -> Callable[[View], View]:
    """Answer that there is no such thing where an officer's view finds none."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)  # type: ignore[no-any-return]
            except fault as missing:
                raise Http404(str(missing)) from None

        return inner

    return wrap


AT_ONCE = 3
PATIENCE_S = 1.0
_room = BoundedSemaphore(AT_ONCE)


class NoRoom(Exception):
    """As many files are being made as may be."""


def heavy(view: View) -> View:
    """Make no more than `AT_ONCE` of these answers at a time; the next are told to come back.

    They take seconds and much memory. Let in without end, they would take every thread there is,
    and with them the pages that people look at on the day of the flood.
    """

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with making():
                return view(request, *args, **kwargs)  # type: ignore[no-any-return]
        except NoRoom:
            return no_room()

    return costly(inner)


def costly(view: View) -> View:
    """Have a client's requests for this counted apart, and fewer of them allowed."""
    view.costly = True  # type: ignore[attr-defined]
    return view


@contextmanager
def making() -> Iterator[None]:
    """Have one of the places of what is `heavy`; errors: NoRoom."""
    if not _room.acquire(timeout=PATIENCE_S):
        raise NoRoom
    try:
        yield
    finally:
        _room.release()


def no_room() -> HttpResponse:
    """Say that many files are being made, and when to come again."""
    answer = problem(503, str(_("Many files are being made. Try again in a moment.")))
    answer["Retry-After"] = "5"
    return answer


def _links(fault: LookupError) -> tuple[tuple[str, str], ...]:
    like: Sequence[str] = getattr(fault, "like", ())
    root = {UnableToFindSeries: "/data/series/", UnableToFindFeed: "/data/feeds/"}
    return tuple((f"{root.get(type(fault), '/data/')}{name}/", name) for name in like)


def _page(
    request: HttpRequest,
    status: int,
    heading: str,
    words: str,
    like: tuple[tuple[str, str], ...],
) -> HttpResponse:
    return pages.page(
        request, "opendata/refused.html", heading=heading, status=status, words=words, like=like
    )
