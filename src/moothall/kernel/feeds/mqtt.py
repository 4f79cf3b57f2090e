"""Messages published to us: acknowledged only when they are durable, in micro-batches.

Shape:   the broker's address is the setting MOOTHALL_MQTT_URL (mqtt://host:port, or mqtts://), its
         name and password MOOTHALL_MQTT_USER and MOOTHALL_MQTT_PASSWORD. With mqtts:// its
         certificate must be signed by an authority this machine knows, or by the one in the file
         MOOTHALL_MQTT_CA; we show the certificate in MOOTHALL_MQTT_CERT, with the key in
         MOOTHALL_MQTT_KEY, where it asks for one. A pack's `mqtt.toml` says which feed reads which
         topics:
         [[topic]]
         filter = "sensors/+/up"
         feed = "<service>.<source>"

A message is read by its feed's `parse` alone, with the topic as the request's address. One that
cannot be read becomes an issue and is acknowledged: it would not be better the second time. When
the lake cannot keep a batch nothing is acknowledged, and the broker sends it all again.

The broker must let many messages be on their way at once (Mosquitto: `max_inflight_messages 0`,
`max_queued_messages 0`), for we acknowledge them a batch at a time.
"""

import os
import select
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import structlog

from moothall.kernel.feeds import unreached
from moothall.kernel.feeds.messages import Message, Taker
from moothall.standards import mqtt

log = structlog.get_logger("moothall.feeds")

MOST_AT_ONCE = 5000
LONGEST_WAIT_S = 0.2
QUIET_S = 0.05
"""When nothing has come for so long, what is there is kept: more may be waiting for our word."""
KEEPALIVE_S = 60
PATIENCE_S = 20.0
"""How long one word to or from the broker may take."""
READ_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Which feed reads the messages of which topics."""

    filter: str
    feed: str


def read_subscriptions(section: Mapping[str, Any]) -> tuple[Subscription, ...]:
    """Read a pack's `mqtt.toml`; errors: ValueError naming the row that lacks something."""
    found = []
    for number, row in enumerate(section.get("topic", ()), start=1):
        if not row.get("filter") or not row.get("feed"):
            raise ValueError(f"mqtt.toml, topic {number}: filter and feed are both needed")
        found.append(Subscription(filter=str(row["filter"]), feed=str(row["feed"])))
    return tuple(found)


@dataclass(slots=True)
class Consumer:
    """Listens to a broker and keeps what it hears, in one thread: nothing waits for a lock."""

    url: str
    name: str
    subscriptions: Sequence[Subscription]
    taker: Taker
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    stop: threading.Event = field(default_factory=threading.Event)
    on_kept: Callable[[int], None] = lambda count: None
    """Told how many were kept each time; 0 when the broker has taken our subscriptions."""
    _inbox: list[Message] = field(default_factory=list)
    """Messages not kept yet."""
    _numbers: list[int] = field(default_factory=list)
    """What they are acknowledged by."""
    _feeds: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Listen and keep until told to stop; a broken connection is made again."""
        wait = 1.0
        while not self.stop.is_set():
            begin = monotonic()
            try:
                with self._connect() as line:
                    self._serve(line)
            except (OSError, ValueError) as fault:
                log.warning("broker lost", why=_words(fault))
                wait = 1.0 if monotonic() - begin > KEEPALIVE_S else min(wait * 2, 60.0)
                self.stop.wait(wait)
            # What is not acknowledged is sent again, under numbers that mean something else.
            self._inbox.clear()
            self._numbers.clear()

    def _connect(self) -> socket.socket:
        """Reach the broker and say who we are and what we want."""
        # A broker answers in its own order: it refuses the first, or takes both.
        wanted = mqtt.subscribe(one.filter for one in self.subscriptions)
        return reach(self.url, self.name, self.environment, wanted=wanted)

    def _serve(self, line: socket.socket) -> None:
        """Read, and keep what was read before it has waited long, until the connection ends."""
        held, until = b"", 0.0
        heard_at = said_at = monotonic()
        while not self.stop.is_set():
            now = monotonic()
            if not self._inbox:
                until = now + LONGEST_WAIT_S
            if now - said_at > KEEPALIVE_S / 2:
                line.sendall(mqtt.PING)
                said_at = now
            pending = getattr(line, "pending", int)()
            quiet = not pending and not select.select([line], [], [], QUIET_S)[0]
            more = None if quiet else read_line(line)
            if more is not None:
                if not more:
                    raise ConnectionError("the broker ended the connection")
                heard_at = now
                packets, rest = mqtt.read(held + more)
                held = (held + more)[rest:]
                self._hear(packets)
            elif now - heard_at > KEEPALIVE_S:
                raise TimeoutError("the broker has fallen silent")
            full = len(self._inbox) >= MOST_AT_ONCE
            if self._inbox and (full or quiet or now >= until):
                self._keep(line)
                said_at = monotonic()
        line.sendall(mqtt.DISCONNECT)

    def _hear(self, packets: Sequence[mqtt.Heard]) -> None:
        """Take messages into the inbox, and what the broker says of us to heart."""
        feeds = self._feeds
        for kind, topic, body, number in packets:
            if kind == mqtt.PUBLISH:
                feed = feeds.get(topic)
                if feed is None:
                    feed = self._feed(topic)
                self._inbox.append(Message(feed, topic, body))
                if number:
                    self._numbers.append(number)
            elif kind == mqtt.CONNACK:
                if body[1]:
                    raise ConnectionRefusedError(
                        "the broker refused us: " + mqtt.REFUSALS.get(body[1], str(body[1]))
                    )
                log.info("broker connected", topics=len(self.subscriptions))
            elif kind == mqtt.SUBACK:
                for one, granted in zip(self.subscriptions, body[2:], strict=False):
                    if granted == mqtt.REFUSED:
                        log.warning("broker refused a topic", filter=one.filter)
                self.on_kept(0)

    def _feed(self, topic: str) -> str:
        """Find whose a topic is, and remember it."""
        found = (one.feed for one in self.subscriptions if mqtt.matches(one.filter, topic))
        feed = next(found, "")
        if len(self._feeds) < 100_000:
            self._feeds[topic] = feed
        return feed

    def _keep(self, line: socket.socket) -> None:
        """Keep what was read, however often that takes, then acknowledge it."""
        wait = 1.0
        while not self.taker.take(self._inbox):
            if self.stop.wait(wait):
                return
            wait = min(wait * 2, 60.0)
        line.sendall(mqtt.acknowledge(self._numbers))
        self.on_kept(len(self._inbox))
        self._inbox.clear()
        self._numbers.clear()


def reach(
    url: str, name: str, environment: Mapping[str, str], *, wanted: bytes = b""
) -> socket.socket:
    """Reach a broker, say who we are, and what is `wanted` of it; errors: OSError."""
    address = urlsplit(url)
    host, secure = address.hostname or "localhost", address.scheme == "mqtts"
    port = address.port or (8883 if secure else 1883)
    line = socket.create_connection((host, port), timeout=PATIENCE_S)
    try:
        if secure:
            line = _context(environment).wrap_socket(line, server_hostname=host)
        user = environment.get("MOOTHALL_MQTT_USER", "")
        password = environment.get("MOOTHALL_MQTT_PASSWORD", "")
        hello = mqtt.connect(name, keepalive_s=KEEPALIVE_S, user=user, password=password)
        line.sendall(hello + wanted)
    except BaseException:
        line.close()
        raise
    return line


def _context(environment: Mapping[str, str]) -> ssl.SSLContext:
    """Say whom we trust and who we are, read anew each time: certificates are renewed."""
    context = ssl.create_default_context(cafile=environment.get("MOOTHALL_MQTT_CA"))
    mine = environment.get("MOOTHALL_MQTT_CERT", "")
    if mine:
        context.load_cert_chain(mine, environment.get("MOOTHALL_MQTT_KEY") or None)
    return context


def read_line(line: socket.socket) -> bytes | None:
    """Read what has come; None if that was only the safe line's own housekeeping."""
    line.setblocking(False)
    try:
        return line.recv(READ_BYTES)
    except (ssl.SSLWantReadError, BlockingIOError):
        return None
    finally:
        line.settimeout(PATIENCE_S)


def _words(fault: Exception) -> str:
    """Say why there is no line to the broker."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return unreached.explain(fault)[0]
    if isinstance(fault, ssl.SSLError):
        return f"no safe connection could be agreed on with it ({fault.reason or 'no reason told'})"
    return str(fault)[:300] or type(fault).__name__
