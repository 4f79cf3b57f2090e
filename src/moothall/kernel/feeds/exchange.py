"""A line to the broker that hears and tells, a step at a time, for who is called again and again.

What is heard is acknowledged when whoever takes it has kept it; what is told, the broker
acknowledges, or it is told again on the next line.
"""

import os
import select
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from socket import socket
from time import monotonic

from moothall.kernel.feeds.mqtt import KEEPALIVE_S, PATIENCE_S, reach, read_line
from moothall.standards import mqtt

Told = tuple[str, bytes]
"""A topic and what is said of it."""
AT_ONCE = 500
"""Messages told before the broker's word is waited for."""
MOST_READ = 20_000
"""Messages heard in one step."""


@dataclass(slots=True)
class Exchange:
    """One line; errors of it end it, and the next step makes it anew."""

    url: str
    name: str
    filters: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _line: socket | None = None
    _held: bytes = b""
    _said_at: float = 0.0
    _acknowledged: set[int] = field(default_factory=set)
    _heard: list[tuple[str, bytes, int]] = field(default_factory=list)

    def hear(self, take: Callable[[Sequence[Told]], bool]) -> int:
        """Hand on what has come; it is acknowledged if that says it is kept. Errors: OSError."""
        line = self._ready()
        while len(self._heard) < MOST_READ and self._read(line, wait_s=0.0):
            pass
        if monotonic() - self._said_at > KEEPALIVE_S / 2:
            self._say(line, mqtt.PING)
        heard, self._heard = self._heard, []
        if not heard or not take([(topic, body) for topic, body, _ in heard]):
            if heard:
                # Nothing is acknowledged: on a new line all of it comes again.
                self.close()
            return 0
        self._say(line, mqtt.acknowledge([number for _, _, number in heard if number]))
        return len(heard)

    def tell(self, messages: Sequence[Told]) -> None:
        """Tell some messages, each at least once; errors: OSError where not all may be told."""
        line = self._ready()
        for start in range(0, len(messages), AT_ONCE):
            some = messages[start : start + AT_ONCE]
            numbered = list(zip(count(1), some, strict=False))
            self._acknowledged.clear()
            said = (mqtt.publish(topic, body, number=n) for n, (topic, body) in numbered)
            self._say(line, b"".join(said))
            until = monotonic() + PATIENCE_S
            while len(self._acknowledged) < len(numbered):
                if monotonic() > until:
                    self.close()
                    raise TimeoutError("the broker does not acknowledge what it is told")
                self._read(line, wait_s=0.5)

    def close(self) -> None:
        """End the line."""
        if self._line is not None:
            self._line.close()
        self._line, self._held, self._heard = None, b"", []

    def _ready(self) -> socket:
        if self._line is None:
            wanted = mqtt.subscribe(self.filters) if self.filters else b""
            self._line = reach(self.url, self.name, self.environment, wanted=wanted)
            self._said_at = monotonic()
        return self._line

    def _say(self, line: socket, said: bytes) -> None:
        try:
            line.sendall(said)
        except OSError:
            self.close()
            raise
        self._said_at = monotonic()

    def _read(self, line: socket, *, wait_s: float) -> bool:
        """Read what has come; False if nothing has. Errors: OSError."""
        pending = getattr(line, "pending", int)()
        if not pending and not select.select([line], [], [], wait_s)[0]:
            return False
        try:
            more = read_line(line)
            if more is None:
                return True
            if not more:
                raise ConnectionError("the broker ended the connection")
            packets, rest = mqtt.read(self._held + more)
        except (OSError, ValueError) as fault:
            self.close()
            raise ConnectionError(str(fault)) from fault
        self._held = (self._held + more)[rest:]
        for kind, topic, body, number in packets:
            if kind == mqtt.PUBLISH:
                self._heard.append((topic, body, number))
            elif kind == mqtt.PUBACK:
                self._acknowledged.add(int.from_bytes(body[:2], "big"))
            elif kind == mqtt.CONNACK and body[1]:
                self.close()
                raise ConnectionRefusedError(mqtt.REFUSALS.get(body[1], str(body[1])))
        return True
