"""Tells the broker's topics what changed, and takes in the observations published to them."""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from urllib.parse import unquote

import structlog
from django.conf import settings

from moothall.civic.opendata.actions.sensorthings import creating, journal, quick
from moothall.civic.opendata.actions.sensorthings.session import (
    NotYours,
    UnableToFindEntity,
    writing,
)
from moothall.civic.opendata.queries.sensorthings import kept, news
from moothall.kernel import packs
from moothall.kernel.feeds import tables
from moothall.kernel.feeds.exchange import Exchange, Told
from moothall.kernel.observations.lake import UnableToAppend, current
from moothall.standards.sensorthings import bodies
from moothall.standards.sensorthings.bodies import UnableToWrite
from moothall.standards.sensorthings.model import ENTITIES

log = structlog.get_logger("moothall.feeds")
ROOT = "/api/sta/v1.1"
_TOPIC = re.compile(r"v1\.1/(?:Datastreams\((?P<id>[^()]+)\)/)?Observations")
_REFUSED = (UnableToWrite, UnableToFindEntity, NotYours, ValueError, OverflowError)


class Bridge:
    """The topics of one city, as one process looks after them."""

    def __init__(self, url: str, *, writes: bool) -> None:
        self.url, self.writes = url, writes
        filters = ("v1.1/Observations", "v1.1/+/Observations") if writes else ()
        self.line = Exchange(url, f"moothall-{packs.current().name}-sensorthings", filters)
        self.told = -1
        """The last change of the lake that was told; -1 before the first look."""
        self._alone: AbstractContextManager[bool] | None = None

    def step(self, now: datetime) -> int:
        """Take in what was published, then tell what changed; return how many were told."""
        if not self._is_alone():
            return 0
        if self.told < 0:
            self.told = current().last_change()
        if self.writes:
            self.line.hear(lambda heard: self.take(heard, now=now))
        quick.settle(now)
        count = 0
        while True:
            root = f"{settings.URL}{ROOT}"
            messages, last = news.list_since(self.told, root=root, now=now)
            if messages:
                self.line.tell(messages)
            count += len(messages)
            if last == self.told:
                return count
            self.told = last

    def _is_alone(self) -> bool:
        """Test whether this process is the one that tells: of several workers one does."""
        if self._alone is None:
            alone = current().database.exclusive("sensorthings topics", wait=False)
            if not alone.__enter__():
                alone.__exit__(None, None, None)
                return False
            self._alone = alone
        return True

    def take(self, heard: Sequence[Told], *, now: datetime) -> bool:
        """Keep the observations that were published; what is none is left out, and logged."""
        made = 0
        try:
            with writing(by="", now=now) as session:
                for topic, body in heard:
                    if b'"@iot.id":' in body[:12]:
                        continue  # what we told ourselves
                    try:
                        stream, draft = _read(topic, body)
                        held = session.get("Datastreams", stream)
                        session.by = getattr(held, "by", "")
                        creating.create(session, draft, {"Datastream": (stream,)})
                    except _REFUSED as fault:
                        log.warning("published in vain", topic=topic[:120], why=str(fault)[:300])
                made = session.made
        except (UnableToAppend, tables.Refused, OSError) as fault:
            log.error("published observations could not be kept", why=str(fault)[:300])
            return False
        journal.note_observations(by="mqtt", count=made, now=now)
        return True


def _read(topic: str, body: bytes) -> tuple[str, bodies.Draft]:
    match = _TOPIC.fullmatch(topic)
    if match is None:
        raise UnableToWrite(("topic", "publish to v1.1/Datastreams(1)/Observations"))
    named = match["id"]
    given = frozenset({"Datastream"}) if named else frozenset[str]()
    draft = bodies.read_new(ENTITIES["Observations"], bodies.read_json(body), given=given)
    stream = unquote(named).strip("'") if named else draft.links["Datastream"][0]
    if not isinstance(stream, str):
        raise UnableToWrite(("Datastream", 'name one: {"@iot.id": ...}'))
    return stream, draft


_bridges: dict[str, Bridge] = {}


def look(now: datetime) -> int:
    """Hear and tell, where the settings name a broker and the pack says what its topics are for."""
    said = kept.mqtt() if kept.is_on() else ""
    if not said or not settings.MQTT_URL or settings.REPLAY:
        return 0
    if settings.MQTT_URL not in _bridges:
        _bridges[settings.MQTT_URL] = Bridge(settings.MQTT_URL, writes=said == "write")
    bridge = _bridges[settings.MQTT_URL]
    try:
        return bridge.step(now)
    except OSError as fault:
        log.warning("broker lost", why=str(fault)[:300] or type(fault).__name__)
        return 0
