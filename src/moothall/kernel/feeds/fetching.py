"""What a fetcher answers, whether from the network or from a recording."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from moothall.kernel.feeds.faults import Fault
from moothall.kernel.registry import Feed
from moothall.values.observations import Mender, Origin
from moothall.values.requests import Payload, Request


class UnableToFetch(Exception):
    """A source could not be read; the message is fit to show a person.

    `mender` says who can do something about it: us, where an address, a key, a limit or this
    machine's own way out is wrong. `kind` says in a word what went wrong, `retry_after` what the
    source asked us to wait, if it did.
    """

    def __init__(
        self,
        message: str,
        *,
        mender: Mender = Mender.PUBLISHER,
        kind: Fault = Fault.UNREACHABLE,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.mender = mender
        self.kind = kind
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What the source gave us last time to ask "has it changed?" with."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer to one request.

    Shape:   `payload` is None when the source says that nothing has changed. `shift` is how far
             the times of a recording move; with `hold_future` what then lies ahead of now waits.
    """

    payload: Payload | None
    validators: Validators = field(default_factory=Validators)
    origin: Origin = Origin.LIVE
    shift: timedelta = timedelta(0)
    hold_future: bool = False


class Fetcher(Protocol):
    """Anything that can answer a feed's requests."""

    def fetch(
        self, request: Request, *, feed: Feed, validators: Validators, now: datetime
    ) -> Answer:
        """Answer one request; errors: UnableToFetch."""
        ...

    def further(self, feed: Feed, *, asked: tuple[Request, ...]) -> tuple[Request, ...]:
        """Name what else there is to fetch for a feed, beyond what it asked for itself."""
        ...
