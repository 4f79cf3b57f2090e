"""JSON as strangers write it: with a mark at its start, in UTF-16, with NaN in it.

Source:   RFC 8259, and what it says of parsers that accept more.
"""

import json
from typing import Any

import orjson


def read_json(body: bytes) -> Any:
    """Read a whole text of JSON.

    Shape:   what the standard allows; besides, a byte order mark, UTF-16 or -32, the numbers NaN
             and Infinity, and halves of characters: whoever reads an item must refuse those.
    Errors:  ValueError, in one sentence, for anything else.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        strict = str(fault)
    # The slower reader knows what some tools write; most that the quick one refuses, it refuses.
    try:
        return json.loads(body, parse_int=_integer)
    except UnicodeDecodeError:
        raise ValueError("not JSON: its bytes are not text") from None
    except RecursionError:
        raise ValueError("not JSON that can be read: nested too deeply") from None
    except ValueError:
        raise ValueError(f"not JSON: {strict}") from None


def _integer(text: str) -> int | float:
    """Read an integer; one longer than any that is counted is infinite, and no item's."""
    return int(text) if len(text) < 300 else float(text)
