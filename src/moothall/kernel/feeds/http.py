"""The door to the network for feeds: polite, patient, and wary."""

import logging
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from time import monotonic

import httpx
import stamina
from django.conf import settings

from moothall.kernel.feeds import unreached
from moothall.kernel.feeds.addresses import (
    SCHEMES,
    GuardedTransport,
    Resolve,
    UnableToConnect,
    resolve,
)
from moothall.kernel.feeds.faults import Fault
from moothall.kernel.feeds.fetching import Answer, UnableToFetch, Validators
from moothall.kernel.feeds.politeness import Hosts
from moothall.kernel.registry import Feed
from moothall.values.observations import Mender
from moothall.values.requests import Payload, Request

TIMEOUT = httpx.Timeout(20.0, connect=10.0)
DEADLINE_S = 120.0
ATTEMPTS = 3
LONGEST_WAIT_S = 20.0
REDIRECTS = 5
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_FROM_ENVIRONMENT = re.compile(r"\{env:([A-Z][A-Z0-9_]*)\}")


# Both write whole addresses to the log, and some carry a key; what came of a run is logged anyway.
logging.getLogger("httpx").setLevel(logging.WARNING)
stamina.instrumentation.set_on_retry_hooks(())


class _Busy(Exception):
    """The source is in trouble or asks us to slow down; worth another try."""

    def __init__(self, status: int, wait_s: float | None) -> None:
        super().__init__(unreached.explain_status(status)[0])
        self.wait_s = wait_s


class Client:
    """Answers requests from the network.

    Errors:  UnableToFetch, with a sentence, whatever goes wrong on the way.
    """

    def __init__(
        self,
        *,
        allow_hosts: frozenset[str] = frozenset(),
        contact: str = "",
        environment: Mapping[str, str] = os.environ,
        resolve: Resolve = resolve,
        hosts: Hosts | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        deadline_s: float = DEADLINE_S,
        longest_wait_s: float = LONGEST_WAIT_S,
    ) -> None:
        self.environment = environment
        self.hosts = hosts or Hosts()
        self.deadline_s = deadline_s
        self.longest_wait_s = longest_wait_s
        self.client = httpx.Client(
            transport=GuardedTransport(allow=allow_hosts, resolve=resolve),
            timeout=timeout,
            follow_redirects=False,
            # Only gzip: we unpack it ourselves, a bounded piece at a time (see _unpacked).
            headers={
                "User-Agent": f"Moothall/0.1 (+{contact or 'https://github.com/moothall/moothall'})",
                "Accept-Encoding": "gzip",
            },
        )

    def fetch(
        self, request: Request, *, feed: Feed, validators: Validators, now: datetime
    ) -> Answer:
        """Fetch one request, asking first whether it has changed."""
        return self.get(request, limit=feed.max_bytes, validators=validators, now=now)

    def get(self, request: Request, *, limit: int, validators: Validators, now: datetime) -> Answer:
        """Fetch what may be no larger than `limit` bytes; errors: UnableToFetch."""
        secrets = {
            name: self._secret(variable) for name, variable in request.secret_headers.items()
        }
        url = _FROM_ENVIRONMENT.sub(lambda found: self._secret(found[1]), request.url)
        headers = dict(request.headers)
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        shown = request.url.partition("?")[0]
        try:
            for attempt in stamina.retry_context(
                on=self._wait, attempts=ATTEMPTS, timeout=self.deadline_s, wait_max=10.0
            ):
                with attempt:
                    return self._once(request, url, headers, secrets, limit=limit, now=now)
        except _Busy as fault:
            wait = None if fault.wait_s is None else timedelta(seconds=fault.wait_s)
            raise UnableToFetch(f"{shown}: {fault}", kind=Fault.BUSY, retry_after=wait) from None
        except UnableToConnect as fault:
            raise UnableToFetch(
                f"{shown}: not asked: {fault}. If it is meant to be, name it in"
                " MOOTHALL_ALLOW_HOSTS",
                mender=Mender.US,
                kind=Fault.BROKEN,
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            words, mender = unreached.explain(fault)
            ours = isinstance(fault, httpx.InvalidURL | httpx.UnsupportedProtocol)
            kind = Fault.BROKEN if ours else Fault.UNREACHABLE
            raise UnableToFetch(f"{shown}: {words}", mender=mender, kind=kind) from None
        raise UnableToFetch(f"{shown}: it did not answer")

    def further(self, feed: Feed, *, asked: tuple[Request, ...]) -> tuple[Request, ...]:
        """Name nothing: the network has what a feed asks for and no more."""
        return ()

    def close(self) -> None:
        """Let go of every connection."""
        self.client.close()

    def _secret(self, variable: str) -> str:
        value = self.environment.get(variable, "")
        if not value:
            raise UnableToFetch(
                f"the key {variable} is not set: give it to the worker in its environment",
                mender=Mender.US,
                kind=Fault.BROKEN,
            )
        return value

    def _wait(self, fault: Exception) -> bool | float:
        """Decide whether to try again, and after how long if the source said so."""
        if isinstance(fault, _Busy):
            if fault.wait_s is None:
                return True
            return fault.wait_s if fault.wait_s <= self.longest_wait_s else False
        return isinstance(fault, httpx.TransportError) and not isinstance(
            fault, httpx.UnsupportedProtocol
        )

    def _once(
        self,
        request: Request,
        url: str,
        headers: dict[str, str],
        secrets: dict[str, str],
        *,
        limit: int,
        now: datetime,
    ) -> Answer:
        until = monotonic() + self.deadline_s
        target = httpx.URL(url)
        home = (target.scheme, target.host, target.port)
        for _hop in range(REDIRECTS + 1):
            if target.scheme not in SCHEMES or not target.host:
                raise UnableToFetch(
                    f"{target.scheme or 'this'} is not a kind of address we may fetch: only http"
                    " and https are",
                    mender=Mender.US if _hop == 0 else Mender.PUBLISHER,
                    kind=Fault.BROKEN if _hop == 0 else Fault.UNREACHABLE,
                )
            # A key is for the host it was meant for, not for wherever that host sends us.
            at_home = home == (target.scheme, target.host, target.port)
            sent = {**headers, **secrets} if at_home else headers
            with (
                self.hosts.turn(target.host),
                self.client.stream("GET", target, headers=sent) as response,
            ):
                if response.has_redirect_location:
                    target = target.join(response.headers["Location"])
                    continue
                return _answer(response, request, limit=limit, now=now, until=until)
        raise UnableToFetch(
            f"{request.url.partition('?')[0]}: it sends us from one address to another without end"
        )


def _answer(
    response: httpx.Response, request: Request, *, limit: int, now: datetime, until: float
) -> Answer:
    validators = Validators(
        etag=response.headers.get("ETag", "")[:500],
        last_modified=response.headers.get("Last-Modified", "")[:100],
    )
    if response.status_code == 304:
        return Answer(payload=None, validators=validators)
    if response.status_code in RETRIED:
        raise _Busy(response.status_code, _asked_to_wait(response, now))
    if response.status_code != 200:
        shown = request.url.partition("?")[0]
        words, mender = unreached.explain_status(response.status_code)
        kind = Fault.REFUSED if 400 <= response.status_code < 500 else Fault.BUSY
        raise UnableToFetch(f"{shown}: {words}", mender=mender, kind=kind)
    body = b"".join(_unpacked(response, limit=limit, until=until))
    payload = Payload(
        body=body,
        request=request,
        fetched_at=now,
        media_type=response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
        sha256=sha256(body).hexdigest(),
    )
    return Answer(payload=payload, validators=validators)


def _unpacked(response: httpx.Response, *, limit: int, until: float) -> Iterator[bytes]:
    """Read the body, stopping at `limit` bytes however small they were on the wire."""
    coding = response.headers.get("Content-Encoding", "identity").lower().strip()
    if coding not in {"identity", "gzip", "x-gzip", ""}:
        raise UnableToFetch(
            f"it came packed as {coding[:20]}, which we did not ask for", kind=Fault.UNREADABLE
        )
    unpack = zlib.decompressobj(31) if "gzip" in coding else None
    size = 0
    for chunk in response.iter_raw():
        if monotonic() > until:
            raise UnableToFetch("it sent its answer too slowly")
        piece = chunk
        while True:
            try:
                out = unpack.decompress(piece, limit + 1 - size) if unpack else piece
            except zlib.error:
                words = "its compressed answer was damaged"
                raise UnableToFetch(words, kind=Fault.UNREADABLE) from None
            size += len(out)
            if size > limit:
                raise UnableToFetch(
                    f"it is larger than the {limit:,} bytes this feed may have",
                    mender=Mender.US,
                    kind=Fault.UNREADABLE,
                )
            yield out
            piece = unpack.unconsumed_tail if unpack else b""
            if not piece:
                break
    if unpack is not None and size and not unpack.eof:
        raise UnableToFetch("its compressed answer was cut short", kind=Fault.UNREADABLE)


def _asked_to_wait(response: httpx.Response, now: datetime) -> float | None:
    """Read Retry-After, which is a number of seconds or a date."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), 86_400.0)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), 86_400.0)


def from_settings() -> Client:
    """Make the client that the settings describe."""
    return Client(
        allow_hosts=frozenset(getattr(settings, "ALLOW_HOSTS", ())),
        contact=getattr(settings, "CONTACT", ""),
    )
