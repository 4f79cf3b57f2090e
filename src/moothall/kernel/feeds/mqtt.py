"""Messages published to us: acknowledged only when they are durable, in micro-batches.

Shape:   the broker's address is the setting MOOTHALL_MQTT_URL (mqtt://host:port, or mqtts://), its
         name and password MOOTHALL_MQTT_USER and MOOTHALL_MQTT_PASSWORD. A pack's `mqtt.toml` says
         which feed reads which topics:
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
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from moothall.kernel.feeds.messages import Message, Taker

log = structlog.get_logger("moothall.feeds")

MOST_AT_ONCE = 5000
LONGEST_WAIT_S = 0.2
QUIET_S = 0.05
"""When nothing has come for so long, what is there is kept: more may be waiting for our word."""


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
    _inbox: list[tuple[int, Message]] = field(default_factory=list)
    """Messages not kept yet, each with the number it is acknowledged by."""
    _feeds: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Listen and keep until told to stop; a broken connection is made again."""
        client = self._client()
        wait = 1.0
        while not self.stop.is_set():
            try:
                self._connect(client)
            except OSError as fault:
                log.warning("broker not reached", why=fault.strerror or type(fault).__name__)
                self.stop.wait(wait)
                wait = min(wait * 2, 60.0)
                continue
            wait = 1.0
            self._serve(client)
            # What is not acknowledged is sent again, under numbers that mean something else.
            self._inbox.clear()
        client.disconnect()

    def _serve(self, client: paho.Client) -> None:
        """Read, and keep what was read before it has waited long, until the connection ends."""
        until = 0.0
        while not self.stop.is_set():
            line = client.socket()
            if line is None or client.loop_misc() != paho.MQTT_ERR_SUCCESS:
                return
            if client.want_write():
                client.loop_write()
            if not self._inbox:
                until = monotonic() + LONGEST_WAIT_S
            pending = getattr(line, "pending", int)()
            quiet = not pending and not select.select([line], [], [], QUIET_S)[0]
            if not quiet:
                self._read(client)
            full = len(self._inbox) >= MOST_AT_ONCE
            if self._inbox and (full or quiet or monotonic() >= until):
                self._keep(client)

    def _read(self, client: paho.Client) -> None:
        """Read what has come: packet by packet, as long as there are messages among them."""
        before = -1
        while before < len(self._inbox) < MOST_AT_ONCE:
            before = len(self._inbox)
            if client.loop_read() != paho.MQTT_ERR_SUCCESS:
                return

    def _connect(self, client: paho.Client) -> None:
        address = urlsplit(self.url)
        client.connect(
            address.hostname or "localhost",
            address.port or (8883 if address.scheme == "mqtts" else 1883),
            keepalive=60,
        )

    def _client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.name,
            # The older protocol: reading the properties of version 5 takes longer than all else.
            protocol=paho.MQTTv311,
            # The broker keeps our messages while we are away.
            clean_session=False,
            manual_ack=True,
        )
        client.on_connect = self._on_connect
        client.on_subscribe = lambda *about: self.on_kept(0)
        client.on_message = self._on_message
        user = self.environment.get("MOOTHALL_MQTT_USER", "")
        if user:
            client.username_pw_set(user, self.environment.get("MOOTHALL_MQTT_PASSWORD", ""))
        if urlsplit(self.url).scheme == "mqtts":
            client.tls_set_context(ssl.create_default_context())
        return client

    def _on_connect(
        self, client: paho.Client, userdata: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        if reason.is_failure:
            log.warning("broker refused us", reason=str(reason))
            return
        log.info("broker connected", topics=len(self.subscriptions))
        client.subscribe([(one.filter, 1) for one in self.subscriptions])

    def _on_message(self, client: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:
        topic = message.topic
        held = Message(feed=self._feed(topic), topic=topic, body=bytes(message.payload))
        self._inbox.append((message.mid if message.qos else 0, held))

    def _feed(self, topic: str) -> str:
        known = self._feeds.get(topic)
        if known is None:
            known = next(
                (
                    one.feed
                    for one in self.subscriptions
                    if paho.topic_matches_sub(one.filter, topic)
                ),
                "",
            )
            if len(self._feeds) < 100_000:
                self._feeds[topic] = known
        return known

    def _keep(self, client: paho.Client) -> None:
        """Keep what was read, however often that takes, then acknowledge it."""
        messages = [message for _number, message in self._inbox]
        wait = 1.0
        while not self.taker.take(messages):
            if self.stop.wait(wait):
                return
            wait = min(wait * 2, 60.0)
        for number, _message in self._inbox:
            if number:
                client.ack(number, 1)
        self.on_kept(len(messages))
        self._inbox.clear()
