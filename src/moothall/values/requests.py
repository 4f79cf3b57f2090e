"""What to fetch, and what came back: plain values that feeds are pure about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP GET to make. `secret_headers` name environment variables, never values."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    """What the feed wants of the answer, when it asks several questions: "stations", "status"."""
    part: bool = False
    """Whether its answer is a further part of the list that led to it: a list is whole only if all
    its parts came, and they are read each time it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The raw bytes of one answer, file or message, and where they came from."""

    body: bytes
    request: Request
    fetched_at: datetime
    media_type: str = ""
    sha256: str = ""
