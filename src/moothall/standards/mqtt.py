"""MQTT 3.1.1, the side of one who listens and tells: what it says, and what it hears.

Source:   https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
"""

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 2, 3, 4, 9, 13
PING = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
REFUSED = 0x80
"""What SUBACK says of a filter that is not allowed."""
REFUSALS = {
    1: "it does not speak this version",
    2: "it does not take this client's name",
    3: "it is not available",
    4: "wrong name or password",
    5: "not allowed",
}
"""What the code of a CONNACK means."""


class Heard(NamedTuple):
    """One packet: of a message its topic and body, of any other what follows its length."""

    kind: int
    topic: str
    body: bytes
    number: int
    """What a message is acknowledged by; 0 if it needs no acknowledgement."""


def connect(name: str, *, keepalive_s: int, user: str = "", password: str = "") -> bytes:
    """Ask to be connected, to a session that outlives the connection."""
    flags = (0x80 if user else 0) | (0x40 if user and password else 0)
    said = _text("MQTT") + struct.pack("!BBH", 4, flags, keepalive_s) + _text(name)
    if user:
        said += _text(user)
        said += _text(password) if password else b""
    return _packet(0x10, said)


def subscribe(filters: Iterable[str], *, number: int = 1) -> bytes:
    """Ask for the messages of some topics, each at least once."""
    wanted = b"".join(_text(one) + b"\x01" for one in filters)
    return _packet(0x82, struct.pack("!H", number) + wanted)


def publish(topic: str, body: bytes, *, number: int) -> bytes:
    """Tell something at least once: the broker acknowledges it by the number."""
    return _packet(0x32, _text(topic) + struct.pack("!H", number) + body)


def acknowledge(numbers: Sequence[int]) -> bytes:
    """Take over some messages from the broker, which forgets them."""
    said = struct.Struct("!BBH").pack
    return b"".join([said(0x40, 2, number) for number in numbers])


def read(held: bytes) -> tuple[list[Heard], int]:
    """Read the packets that are there in whole; return them, and where the rest begins.

    Errors:  ValueError for what is not MQTT 3.1.1.
    """
    found: list[Heard] = []
    begin, size = 0, len(held)
    while size - begin >= 2:
        first, length, at = held[begin], held[begin + 1], begin + 2
        if length > 127:
            length, at = _long_length(held, begin + 1)
        end = at + length
        if not at or end > size:
            break
        found.append(
            _message(first, held, at, end)
            if first >> 4 == PUBLISH
            else Heard(first >> 4, "", held[at:end], 0)
        )
        begin = end
    return found, begin


def _message(first: int, held: bytes, at: int, end: int) -> Heard:
    body = at + 2 + int.from_bytes(held[at : at + 2], "big")
    topic, number = held[at + 2 : body], 0
    service = first & 6
    if service:
        number = int.from_bytes(held[body : body + 2], "big")
        body += 2
    if body > end or service > 2 or (service and not number):
        raise ValueError("a message that is not as MQTT has it")
    return Heard(PUBLISH, topic.decode(), held[body:end], number)


def matches(filter: str, topic: str) -> bool:
    """Test whether a topic is one of those a filter means; a shared one's group says nothing."""
    if filter.startswith("$share/"):
        filter = filter.split("/", 2)[-1]
    if topic.startswith("$") and not filter.startswith("$"):
        return False
    wanted, levels = filter.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted.pop()
        levels = levels[: len(wanted)]
    return len(wanted) == len(levels) and all(
        one in {"+", level} for one, level in zip(wanted, levels, strict=True)
    )


def _long_length(held: bytes, at: int) -> tuple[int, int]:
    """Read a length of several bytes, and where it ends: 0 if not all of it has come."""
    length = 0
    for place, byte in enumerate(held[at : at + 4]):
        length |= (byte & 127) << (7 * place)
        if byte < 128:
            return length, at + place + 1
    if len(held) - at >= 4:
        raise ValueError("a packet whose length has no end")
    return 0, 0


def _packet(first: int, said: bytes) -> bytes:
    length, rest = bytearray(), len(said)
    while True:
        rest, low = divmod(rest, 128)
        length.append(low | (128 if rest else 0))
        if not rest:
            return bytes([first]) + bytes(length) + said


def _text(words: str) -> bytes:
    said = words.encode()
    return struct.pack("!H", len(said)) + said
