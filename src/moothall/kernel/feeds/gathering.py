"""Everything one run fetches: what the feed asks for, and what the answers lead on to."""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from moothall.kernel.feeds import payloads, reading
from moothall.kernel.feeds.faults import Fault
from moothall.kernel.feeds.fetching import Fetcher, UnableToFetch, Validators
from moothall.kernel.feeds.parts import Lists
from moothall.kernel.feeds.reading import City, Piece
from moothall.kernel.registry import Feed, Params
from moothall.values.observations import Issue, Mender, Origin, Severity
from moothall.values.requests import Request

DEEPEST = 30
MOST_REQUESTS = 200
MOST_BYTES = 256 * 1024 * 1024
"""Of all payloads of a run, which are in memory together."""
FAULTS_TO_GIVE_UP = 3
_VARIABLE = re.compile(r"\{env:[^}]*\}")


@dataclass(slots=True)
class Gathered:
    """What one run brought together."""

    pieces: list[Piece] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    """What could not be had or read: in words, and in one word."""
    asked_to_wait: timedelta | None = None

    def note(self, fault: UnableToFetch, request: Request) -> None:
        """Note a request that could not be answered."""
        self.faults.append((str(fault), fault.kind))
        self.issues.append(_issue(request, str(fault), fault.mender))
        if fault.retry_after is not None:
            self.asked_to_wait = fault.retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """What the feed's own requests use, and so further ones may use."""

    hosts: frozenset[str]
    variables: frozenset[str]

    def refusal(self, request: Request, origin: Origin, depth: int) -> str:
        """Say why a request that a payload asks for is not made; "" if it may be."""
        if depth == DEEPEST:
            return "it leads on too many times"
        if origin is Origin.REPLAYED:
            return ""
        host = urlsplit(request.url).hostname or ""
        if host not in self.hosts:
            return (
                f"it leads on to {host or 'nowhere'}, a host this feed does not name: add it to"
                " follow_hosts in the city's pack if it is to be trusted"
            )
        if not set(_VARIABLE.findall(request.url)) <= self.variables:
            return "it asks for a key this feed does not use"
        return ""


def gather(
    feed: Feed,
    *,
    params: Params,
    city: City,
    fetcher: Fetcher,
    now: datetime,
    anew: bool = False,
    between: Callable[[], None] = lambda: None,
) -> Gathered:
    """Fetch and read all of a feed's payloads; a failed one leaves the others standing.

    `anew` asks for bytes even if nothing has changed; `between` is called before each request.
    """
    gathered = Gathered()
    first = tuple(feed.requests({**params, "now": now}))
    own = _own(first, params)
    asked: list[Request] = []
    seen: set[tuple[str, str]] = set()
    lists = Lists()
    queue = deque((request, 0) for request in first)
    while queue or _fill(queue, fetcher.further(feed, asked=tuple(asked))):
        request, depth = queue.popleft()
        if request in asked:
            continue
        if words := _too_much(len(asked), gathered.pieces):
            gathered.issues.append(_issue(request, words, Mender.PUBLISHER))
            lists.lack(request, *(one for one, _depth in queue))
            break
        asked.append(request)
        between()
        try:
            piece = _one(feed, request, params, city, fetcher, now=now, anew=anew, seen=seen)
        except UnableToFetch as fault:
            gathered.note(fault, request)
            lists.lack(request)
            if not gathered.pieces and len(gathered.faults) == FAULTS_TO_GIVE_UP:
                break
            continue
        if piece is None:
            continue
        lists.note(request, piece, number=len(gathered.pieces))
        gathered.pieces.append(piece)
        if piece.fault:
            gathered.faults.append((piece.fault, piece.kind))
        for further in piece.batch.follow if piece.batch else ():
            refusal = own.refusal(further, piece.answer.origin, depth)
            if refusal:
                gathered.issues.append(_issue(further, refusal, Mender.US))
                lists.lack(further)
            else:
                # The next part of a list is no further away than the one before it.
                queue.append((further, depth if further.part else depth + 1))
    lists.join(gathered.pieces)
    return gathered


def _too_much(asked: int, pieces: list[Piece]) -> str:
    """Say why no more is asked for; "" if there is no reason."""
    if asked == MOST_REQUESTS:
        return "it leads on to too many further requests"
    payloads = (piece.answer.payload for piece in pieces)
    if sum(len(payload.body) for payload in payloads if payload is not None) > MOST_BYTES:
        return f"it has brought more than {MOST_BYTES >> 20} MB in one run"
    return ""


def _own(first: tuple[Request, ...], params: Params) -> "_Own":
    hosts = (urlsplit(one.url).hostname or "" for one in first)
    return _Own(
        hosts=frozenset((*hosts, *params.get("follow_hosts", ()))),
        variables=frozenset(name for one in first for name in _VARIABLE.findall(one.url)),
    )


def _fill(queue: deque[tuple[Request, int]], requests: tuple[Request, ...]) -> bool:
    queue.extend((request, 0) for request in requests)
    return bool(queue)


def _one(
    feed: Feed,
    request: Request,
    params: Params,
    city: City,
    fetcher: Fetcher,
    *,
    now: datetime,
    anew: bool,
    seen: set[tuple[str, str]],
) -> Piece | None:
    """Fetch and read one request; None if these bytes were already read in this run."""
    known = payloads.find_address(feed.name, request)
    # A payload that leads on is read each time: what it leads to may have changed.
    fresh = anew or known.follows or request.part
    validators = Validators() if fresh else known.validators
    answer = fetcher.fetch(request, feed=feed, validators=validators, now=now)
    payload = answer.payload
    if payload is None:
        return Piece(answer=answer)
    if (request.role, payload.sha256) in seen:
        return None
    seen.add((request.role, payload.sha256))
    if payload.sha256 == known.sha256 and not fresh and not answer.shift:
        return Piece(answer=replace(answer, payload=None))
    return reading.read(feed, answer, params=params, city=city, now=now)


def _issue(request: Request, what: str, mender: Mender) -> Issue:
    # An address may carry a key behind the question mark.
    return Issue(
        where=request.role or "request",
        what=what,
        severity=Severity.ERROR,
        mender=mender,
        item=request.url.partition("?")[0],
    )
