"""What is asked for and not there: one page that says so in the words of who looked."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.ui import pages

View = Callable[..., HttpResponse]


def or_not_found(fault: type[LookupError], *, back: str) -> Callable[[View], View]:
    """Answer 404 where a view cannot find what is asked for.

    Shape:   the fault's message is a sentence for a person; `back` is the page of all there are.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
            try:
                return view(request, *args, **named)
            except fault as missing:
                return pages.page(
                    request,
                    "ui/not_found.html",
                    heading=_("We do not have that"),
                    status=404,
                    words=str(missing),
                    back=back,
                )

        return answer

    return wrap
