"""Who may write: whoever shows a key of the feed."""

from base64 import b64decode
from binascii import Error as NotBase64
from functools import cache
from math import ceil

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from limits import RateLimitItem, RateLimitItemPerMinute, parse_many
from limits.strategies import FixedWindowRateLimiter

from moothall.civic.opendata.feeds.sensed import FEED
from moothall.kernel import clock
from moothall.kernel.counts import Counts, one_client
from moothall.kernel.feeds import push

WRONG_PER_MINUTE = RateLimitItemPerMinute(60)


class UnableToEnter(Exception):
    """This request may not write: the status to answer with, why, and how long to wait."""

    def __init__(self, status: int, why: str, *, wait_s: int = 0) -> None:
        super().__init__(why)
        self.status = status
        self.wait_s = wait_s


@cache
def _limiter() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(Counts(clock=clock.now))


@cache
def _per_key(text: str) -> list[RateLimitItem]:
    return parse_many(text)


def mark_of(label: str) -> str:
    """Mark a key's holder: what stands in the lake and the log names nobody."""
    return salted_hmac("sensorthings", label).hexdigest()[:16]


def holder(request: HttpRequest) -> str:
    """Return the mark of who holds the key that is shown; errors: UnableToEnter."""
    key = _key(request.headers.get("Authorization", ""))
    label = push.whose_key(FEED.name, key) if key else None
    limiter = _limiter()
    if label is None:
        sender = salted_hmac("push", one_client(request.META.get("REMOTE_ADDR", ""))).hexdigest()
        if key and settings.LIMITS_ON and not limiter.hit(WRONG_PER_MINUTE, "wrong", sender):
            raise UnableToEnter(429, _("Too many wrong keys: wait a minute."), wait_s=60)
        raise UnableToEnter(401, _("To write, send a key: Authorization: Bearer KEY"))
    mark = mark_of(label)
    for item in _per_key(settings.LIMIT_READING) if settings.LIMITS_ON else ():
        if not limiter.hit(item, "key", mark):
            until = limiter.get_window_stats(item, "key", mark).reset_time
            wait_s = max(1, ceil(until - clock.now().timestamp()))
            raise UnableToEnter(429, _("This key sends too often: wait."), wait_s=wait_s)
    return mark


def _key(header: str) -> str:
    """Read the key: after Bearer, or as the password of Basic, which some clients know alone."""
    scheme, _, given = header.partition(" ")
    given = given.strip()
    if scheme.lower() == "bearer":
        return given
    if scheme.lower() == "basic":
        try:
            return b64decode(given, validate=True).decode().partition(":")[2]
        except (NotBase64, UnicodeDecodeError):
            return ""
    return ""
