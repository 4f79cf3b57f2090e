"""Many requests in one: read from JSON or from MIME parts, and their answers written the same way.

Source:   18-088, 11; OData JSON Format 4.01, 19
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP
from typing import Any

import orjson

from moothall.standards.sensorthings.bodies import UnableToWrite

MOST = 1_000
"""Requests of one batch."""
MOST_READS = 100
"""Of them those that read: each may ask as much as one that comes by itself."""
METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
_LINE = re.compile(rb"(?P<method>[A-Za-z]+) +(?P<url>\S+)(?: +HTTP/1\.\d)?")
_WORDS = {200: "OK", 201: "Created", 400: "Bad Request", 404: "Not Found", 424: "Failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One request of a batch; those of one group are done all or none."""

    id: str
    group: str = ""
    method: str
    url: str
    body: bytes = b""
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one."""

    part: Part
    status: int
    body: bytes = b""
    location: str = ""


def read_json(body: bytes) -> tuple[Part, ...]:
    """Read a batch in JSON; errors: UnableToWrite."""
    try:
        read = orjson.loads(body)
        requests = read["requests"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as fault:
        raise UnableToWrite(("requests", 'send {"requests": [...]}')) from fault
    if not isinstance(requests, list):
        raise UnableToWrite(("requests", "send a list"))
    return _bounded([_part(one, place) for place, one in enumerate(requests)])


def _part(one: Any, place: int) -> Part:
    here = f"requests[{place}]"
    if not isinstance(one, dict):
        raise UnableToWrite((here, "send an object with id, method and url"))
    for name in ("id", "method", "url"):
        if not isinstance(one.get(name), str) or not one[name]:
            raise UnableToWrite((f"{here}/{name}", "send a text that is not empty"))
    method = one["method"].upper()
    if method not in METHODS:
        raise UnableToWrite((f"{here}/method", f"there are {', '.join(sorted(METHODS))}"))
    group = one.get("atomicityGroup") or ""
    try:
        body = b"" if one.get("body") is None else orjson.dumps(one["body"])
    except TypeError as fault:
        raise UnableToWrite((f"{here}/body", "is too deep")) from fault
    headers = one.get("headers")
    named = headers.items() if isinstance(headers, dict) else ()
    said = {str(name).lower(): str(value) for name, value in named}
    return Part(
        id=one["id"],
        group=group if isinstance(group, str) else "",
        method=method,
        url=one["url"],
        body=body,
        media_type=said.get("content-type", "application/json"),
    )


def _bounded(parts: Sequence[Part]) -> tuple[Part, ...]:
    if len(parts) > MOST:
        raise UnableToWrite(("requests", f"more than {MOST:,}: send them in parts"))
    if sum(part.method == "GET" for part in parts) > MOST_READS:
        raise UnableToWrite(("requests", f"more than {MOST_READS} read: send those in parts"))
    ids = [part.id for part in parts if part.id]
    if len(set(ids)) != len(ids):
        raise UnableToWrite(("requests", "each needs an id of its own"))
    return tuple(parts)


def write_json(answers: Sequence[Answer]) -> bytes:
    """Write the answers to a batch in JSON."""
    return orjson.dumps({"responses": [_answer(one) for one in answers]})


def _answer(one: Answer) -> dict[str, Any]:
    said: dict[str, Any] = {"id": one.part.id, "status": one.status}
    if one.location:
        said["location"] = one.location
    if one.body:
        try:
            said["body"] = orjson.loads(one.body)
        except orjson.JSONDecodeError:
            said["body"] = one.body.decode("utf-8", "replace")
    return said


# --- as MIME parts ---------------------------------------------------------------------------
def read_mime(body: bytes, media_type: str) -> tuple[Part, ...]:
    """Read a batch of MIME parts, `multipart/mixed`; errors: UnableToWrite."""
    message = message_from_bytes(
        b"Content-Type: " + media_type.encode("latin-1", "replace") + b"\r\n\r\n" + body
    )
    if not message.is_multipart():
        raise UnableToWrite(("body", "send MIME parts, divided by the boundary that is named"))
    return _bounded(list(_parts(message, "")))


def _parts(message: Message, group: str) -> Iterator[Part]:
    for place, part in enumerate(message.get_payload()):
        if not isinstance(part, Message):
            continue
        if part.is_multipart():
            if group:
                raise UnableToWrite(("body", "a change set holds no other"))
            yield from _parts(part, f"group {place}")
            continue
        inner = part.get_payload(decode=True)
        yield _request(inner if isinstance(inner, bytes) else b"", part, group)


def _request(inner: bytes, part: Message, group: str) -> Part:
    line, _, rest = inner.lstrip().partition(b"\n")
    match = _LINE.fullmatch(line.strip())
    if match is None or match["method"].decode().upper() not in METHODS:
        raise UnableToWrite(("body", f"no request: {line[:60].decode('latin-1')!r}"))
    head, _, body = _divided(rest)
    headers: Mapping[str, str] = dict(message_from_bytes(head, policy=HTTP).items())
    kinds = [value for name, value in headers.items() if name.lower() == "content-type"]
    return Part(
        id=str(part.get("Content-ID", "")).strip("<> "),
        group=group,
        method=match["method"].decode().upper(),
        url=match["url"].decode("latin-1"),
        body=body.strip(),
        media_type=kinds[0] if kinds else "application/json",
    )


def _divided(rest: bytes) -> tuple[bytes, bytes, bytes]:
    """Divide headers from a body; there may be no headers."""
    if rest.lstrip(b" \t").startswith((b"\r\n", b"\n")):
        return b"", b"", rest
    end = re.search(rb"\r?\n\r?\n", rest)
    return (rest, b"", b"") if end is None else (rest[: end.start()], b"", rest[end.end() :])


def write_mime(answers: Sequence[Answer], boundary: str) -> bytes:
    """Write the answers to a batch as MIME parts; those of one group within one part."""
    lines: list[bytes] = []
    open_group = ""
    for number, one in enumerate(answers):
        group = one.part.group
        if open_group and group != open_group:
            lines += [f"--{boundary}-{open_group.rsplit(maxsplit=1)[-1]}--".encode()]
        if group and group != open_group:
            within = f"{boundary}-{group.split()[-1]}"
            lines += [f"--{boundary}".encode()]
            lines += [f"Content-Type: multipart/mixed; boundary={within}".encode(), b""]
        open_group = group
        mark = f"{boundary}-{group.split()[-1]}" if group else boundary
        lines += [f"--{mark}".encode(), b"Content-Type: application/http"]
        lines += [f"Content-ID: {one.part.id or number + 1}".encode(), b""]
        lines += [f"HTTP/1.1 {one.status} {_WORDS.get(one.status, 'Answer')}".encode()]
        lines += [f"Location: {one.location}".encode()] if one.location else []
        lines += [b"Content-Type: application/json", b"", one.body]
    if open_group:
        lines += [f"--{boundary}-{open_group.split()[-1]}--".encode()]
    return b"\r\n".join([*lines, f"--{boundary}--".encode(), b""])
