"""Keeps what is costly to make for as long as it is true: until the lake or the minute changes."""

import gzip
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from moothall.kernel.observations import lake

MOST = 512
"""How many things are kept; the longest unused goes first."""
LOOK_AGAIN = timedelta(seconds=2)
"""How often the lake is asked whether it changed. A page is at most this far behind it."""
SERVE_OLD = timedelta(minutes=2)
"""How old a thing may be and still be served while one thread makes the new one."""


class Keeper:
    """What this process has made, by name, language, minute and state of the lake.

    One thread makes a thing; the others are given the last one meanwhile, so that a burst of
    readings never makes a queue of readers.
    """

    def __init__(self, last_change: Callable[[], int] | None = None) -> None:
        self._last_change = last_change or (lambda: lake.current().last_change())
        self._kept: OrderedDict[Hashable, tuple[Hashable, datetime, Any]] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()
        self._seen: tuple[datetime, int] | None = None

    def keep(self, name: Hashable, now: datetime, make: Callable[[], Any]) -> Any:
        """Return what `make` makes, made anew only when it might say something else."""
        slot = (name, translation.get_language())
        version = (self._change(now), now.replace(second=0, microsecond=0))
        with self._guard:
            found = self._kept.get(slot)
            if found is not None:
                self._kept.move_to_end(slot)
                if found[0] == version:
                    return found[2]
            lock = self._making.setdefault(slot, threading.Lock())
        old_will_do = found is not None and now - found[1] < SERVE_OLD
        if not lock.acquire(blocking=not old_will_do):
            return found[2] if found else None
        try:
            with self._guard:
                again = self._kept.get(slot)
            if again is not None and again[0] == version:
                return again[2]
            made = make()
            with self._guard:
                self._kept[slot] = (version, now, made)
                while len(self._kept) > MOST:
                    gone, _ = self._kept.popitem(last=False)
                    self._making.pop(gone, None)
            return made
        finally:
            lock.release()

    def forget(self) -> None:
        """Forget everything, the state of the lake included."""
        with self._guard:
            self._kept.clear()
            self._making.clear()
            self._seen = None

    def _change(self, now: datetime) -> int:
        seen = self._seen
        if seen is None or not timedelta(0) <= now - seen[0] < LOOK_AGAIN:
            seen = (now, self._last_change())
            self._seen = seen
        return seen[1]


kept = Keeper()
"""What this process keeps."""


def kept_page(
    request: HttpRequest, make: Callable[[], HttpResponse], *, now: datetime
) -> HttpResponse:
    """Answer with a page that is the same for everybody who is not signed in, made once.

    Such a page asks nothing of its query, so the query is dropped before the page is made: the
    tag that another site hung on a link neither makes a page anew nor ends up in somebody else's.

    Leaves:  a request from somebody with a session: their page is their own.
    """
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        return make()
    request.META["QUERY_STRING"] = ""
    plain, zipped = kept.keep(("page", request.path), now, lambda: _weigh(make().content))
    # Nothing secret is in a page made for everybody, so that squeezing it gives nothing away.
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        answer = HttpResponse(zipped, headers={"Content-Encoding": "gzip"})
    else:
        answer = HttpResponse(plain)
    patch_vary_headers(answer, ("Accept-Encoding", "Accept-Language", "Cookie"))
    return answer


def _weigh(body: bytes) -> tuple[bytes, bytes]:
    return body, gzip.compress(body, compresslevel=6, mtime=0)
