"""Applies a JSON Patch to what an entity says.

Source:   RFC 6902, RFC 6901
"""

from copy import deepcopy
from typing import Any

import orjson

from moothall.standards.sensorthings.bodies import UnableToWrite, check_depth

MOST = 200
MOST_BYTES = 1024 * 1024
"""What the operations of one patch may put in altogether: a copy of a copy doubles each time."""


def apply(value: dict[str, Any], operations: Any) -> dict[str, Any]:
    """Return a value with some operations applied in order; errors: UnableToWrite."""
    if not isinstance(operations, list) or len(operations) > MOST:
        raise UnableToWrite(("body", f"send a list of at most {MOST} operations"))
    holder = {"": deepcopy(value)}
    put = 0
    for number, one in enumerate(operations):
        try:
            put += _apply(holder, one)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as fault:
            raise UnableToWrite((f"[{number}]", "cannot be done to what there is")) from fault
        if put > MOST_BYTES:
            raise UnableToWrite((f"[{number}]", f"makes it more than {MOST_BYTES:,} bytes larger"))
    found = holder[""]
    if not isinstance(found, dict):
        raise UnableToWrite(("body", "leaves no object"))
    check_depth(found)
    return found


def _apply(holder: dict[str, Any], one: dict[str, Any]) -> int:
    """Do one operation; return how many bytes it put in."""
    op, path = one["op"], _read(one["path"])
    if op == "test":
        if _get(holder, path) != one["value"]:
            raise ValueError("another value")
    elif op == "remove":
        _remove(holder, path)
    elif op in {"add", "replace"}:
        if op == "replace":
            _get(holder, path)
        written = orjson.dumps(one["value"])
        _put(holder, path, one["value"], insert=op == "add")
        return len(written)
    elif op in {"move", "copy"}:
        source = _read(one["from"])
        # What is too deep to be written is refused here.
        written = orjson.dumps(_get(holder, source))
        if op == "move":
            _remove(holder, source)
        _put(holder, path, orjson.loads(written), insert=True)
        return len(written)
    else:
        raise ValueError(op)
    return 0


def _read(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise ValueError(pointer)
    parts = pointer.split("/")
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]


def _get(value: Any, path: list[str]) -> Any:
    for part in path:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _put(holder: dict[str, Any], path: list[str], value: Any, *, insert: bool) -> None:
    where = _get(holder, path[:-1])
    if isinstance(where, list):
        if path[-1] == "-":
            where.append(value)
        elif insert:
            where.insert(int(path[-1]), value)
        else:
            where[int(path[-1])] = value
    else:
        where[path[-1]] = value


def _remove(holder: dict[str, Any], path: list[str]) -> None:
    where = _get(holder, path[:-1])
    del where[int(path[-1]) if isinstance(where, list) else path[-1]]
