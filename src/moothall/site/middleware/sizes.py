"""What a request may be, decided before a byte of it is read: its method, its size, its address."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

LONGEST_ADDRESS = 8_192
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""What we know how to answer: not TRACE, nor a name of somebody's own."""


class Sizes:
    """Answers 413 to a body, and 414 to an address, over the limit.

    400 to a length that lies, and to a null character in an address or a cookie, which no name
    of ours has and which PostgreSQL takes in no text.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        if request.method not in METHODS:
            return _refuse(405, _("There is no such way to ask."))
        if len(request.path) + len(meta.get("QUERY_STRING", "")) > LONGEST_ADDRESS:
            return _refuse(414, _("The address is too long."))
        said = (request.path, *request.COOKIES.values())
        if "%00" in meta.get("QUERY_STRING", "") or any("\x00" in text for text in said):
            return _refuse(400, _("Leave out the null characters."))
        stated = meta.get("CONTENT_LENGTH") or "0"
        if not stated.isascii() or not stated.isdigit():
            return _refuse(400, _("The length of the request cannot be read."))
        if int(stated) > settings.MAX_REQUEST_BYTES:
            return _refuse(413, _("What you sent is too large."))
        return self.get_response(request)


def _refuse(status: int, words: str) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
