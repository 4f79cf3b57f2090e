"""Recordings played again through the very same runner, in place of the network.

Shape:   a pack's `replay.toml`, or any mapping file like it:
         [[recording]]
         feed = "<service>.<source>"
         role = ""                            # of the request it answers, if the feed has several
         url = ""                             # or a part of that request's address
         file = "a path under the folder of recordings"
         recorded_at = 2025-02-06T16:20:55Z   # when the payload was fetched: its own "now"
         time = "now"                         # or "week", or "as-recorded"
         media_type = ""                      # if its name does not tell
         "now": whenever the feed runs, every time in it moves so that recorded_at is now.
         "week": moved by whole weeks, the fewest that bring recorded_at up to now or past it; what
         then lies ahead is held back, so the week of the recording plays forward day by day.
         "as-recorded": untouched.
"""

import mimetypes
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from moothall.kernel.feeds.faults import Fault
from moothall.kernel.feeds.fetching import Answer, UnableToFetch, Validators
from moothall.kernel.registry import Feed
from moothall.values.observations import Mender, Origin
from moothall.values.requests import Payload, Request

WEEK = timedelta(days=7)
SCHEME = "replay:"
_MEDIA_TYPES = {
    ".geojson": "application/geo+json",
    ".pb": "application/x-protobuf",
    ".csv": "text/csv",
    ".json": "application/json",
    ".xml": "application/xml",
    ".zip": "application/zip",
}


class Time(StrEnum):
    """What becomes of a recording's times."""

    NOW = "now"
    WEEK = "week"
    AS_RECORDED = "as-recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recorded payload and the request it answers."""

    feed: str
    path: Path
    name: str
    recorded_at: datetime
    time: Time
    role: str = ""
    url: str = ""
    media_type: str = ""

    def answers(self, request: Request) -> bool:
        """Test whether it is what a request would have brought."""
        if request.url == f"{SCHEME}{self.name}":
            return True
        return self.role == request.role and self.url in request.url

    def shift(self, now: datetime) -> timedelta:
        """Say how far its times move when it is played at `now`."""
        if self.time is Time.NOW:
            return now - self.recorded_at
        if self.time is Time.WEEK:
            return WEEK * -((self.recorded_at - now) // WEEK)
        return timedelta(0)


def read_mapping(text: str, *, root: Path) -> tuple[Recording, ...]:
    """Read a mapping of requests to recordings.

    Errors:  ValueError naming the recording that lacks something, or that leaves the folder.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ValueError(f"replay.toml: {fault}") from fault
    rows = table.get("recording", [])
    if not isinstance(rows, list):
        raise ValueError("replay.toml: [[recording]] is written with two brackets")
    return tuple(_recording(row, number, root=root) for number, row in enumerate(rows, start=1))


def _recording(row: Mapping[str, Any], number: int, *, root: Path) -> Recording:
    where = f"replay.toml, recording {number}"
    try:
        name, feed = str(row["file"]), str(row["feed"])
        recorded_at = row["recorded_at"]
        time = Time(row.get("time", "now"))
    except KeyError as fault:
        raise ValueError(f"{where}: {fault.args[0]} is missing") from None
    except ValueError as fault:
        raise ValueError(f"{where}: {fault}") from None
    if not isinstance(recorded_at, datetime) or recorded_at.tzinfo is None:
        raise ValueError(f"{where}: recorded_at is an instant with its offset, ending in Z")
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ValueError(f"{where}: {name} leads out of the folder of recordings")
    return Recording(
        feed=feed,
        path=path,
        name=name,
        recorded_at=recorded_at.astimezone(UTC),
        time=time,
        role=str(row.get("role", "")),
        url=str(row.get("url", "")),
        media_type=str(row.get("media_type", "")),
    )


class Recordings:
    """Answers requests from recordings."""

    def __init__(self, recordings: tuple[Recording, ...]) -> None:
        self.recordings = recordings

    def plays(self, feed: str) -> bool:
        """Test whether there is anything to play for a feed."""
        return any(recording.feed == feed for recording in self.recordings)

    def fetch(
        self, request: Request, *, feed: Feed, validators: Validators, now: datetime
    ) -> Answer:
        """Read the recording that answers a request; errors: UnableToFetch."""
        for recording in self.recordings:
            if recording.feed == feed.name and recording.answers(request):
                return _answer(recording, request, feed=feed, now=now)
        raise UnableToFetch(
            "there is no recording of it to play: add one to the pack's replay.toml",
            mender=Mender.US,
            kind=Fault.UNRECORDED,
        )

    def further(self, feed: Feed, *, asked: tuple[Request, ...]) -> tuple[Request, ...]:
        """Name the recordings that none of the requests made so far would have brought."""
        return tuple(
            Request(url=f"{SCHEME}{recording.name}", role=recording.role)
            for recording in self.recordings
            if recording.feed == feed.name and not any(map(recording.answers, asked))
        )


def _answer(recording: Recording, request: Request, *, feed: Feed, now: datetime) -> Answer:
    try:
        if recording.path.stat().st_size > feed.max_bytes:
            raise UnableToFetch(
                f"the recording {recording.name} is larger than the {feed.max_bytes:,} bytes this"
                " feed may have",
                mender=Mender.US,
                kind=Fault.UNREADABLE,
            )
        body = recording.path.read_bytes()
    except OSError as fault:
        raise UnableToFetch(
            f"the recording {recording.name} cannot be read: {fault.strerror or 'not a file'}",
            mender=Mender.US,
            kind=Fault.UNRECORDED,
        ) from None
    shift = recording.shift(now)
    held = recording.time is Time.AS_RECORDED
    return Answer(
        payload=Payload(
            body=body,
            request=request,
            # As the parser sees it, it is still the day of the recording.
            fetched_at=recording.recorded_at if held else now - shift,
            media_type=recording.media_type or _media_type(recording.path),
            sha256=sha256(body).hexdigest(),
        ),
        origin=Origin.REPLAYED,
        shift=shift,
        hold_future=recording.time is Time.WEEK,
    )


def _media_type(path: Path) -> str:
    suffix = path.suffix.lower()
    return _MEDIA_TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")
