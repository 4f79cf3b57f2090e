"""Take what could say where someone lives, or who they are, out of a line of text. Pure."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

POSTCODE = re.compile(
    r"(?<![A-Z0-9])(?:GIR ?0AA|[A-Z]{1,2}[0-9][A-Z0-9]?(?:\s|\+|%20)*[0-9][ABD-HJLNP-UW-Z]{2})"
    r"(?![A-Z0-9])",
    re.IGNORECASE,
)
_DEGREES = r"-?\d{1,3}\.\d{3,}"
PAIR = re.compile(rf"{_DEGREES}\s*(?:,|;|%2C|\s)\s*{_DEGREES}", re.IGNORECASE)
NAMED_DEGREES = re.compile(
    r"(\b(?:lat|latitude|lon|lng|long|longitude|northing|easting)['\"]?\s*[=:]\s*['\"]?)"
    r"-?\d+(?:\.\d+)?",
    re.IGNORECASE,
)
EMAIL = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")


def scrub(text: str) -> str:
    """Return the text with postcodes, coordinates, e-mail and network addresses taken out."""
    text = EMAIL.sub("[e-mail]", text)
    text = NAMED_DEGREES.sub(r"\1[place]", text)
    text = PAIR.sub("[place]", text)
    text = POSTCODE.sub("[postcode]", text)
    return ADDRESS.sub("[address]", text)


SECRETS = re.compile(r"password|secret|token|api_?key|authorization|cookie", re.IGNORECASE)


def scrub_value(value: Any) -> Any:
    """Scrub every text inside a value, and what stands under a secret's name."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {
            key: "[secret]" if SECRETS.search(str(key)) else scrub_value(kept)
            for key, kept in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub_value(item) for item in value]
    if isinstance(value, BaseException):
        return scrub(str(value))
    return value


OURS = frozenset({"timestamp", "level", "logger", "request_id", "route", "ms"})


def scrub_event(logger: Any, method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """Scrub one line of the log; a structlog processor, the last before it is written."""
    return {
        key: kept if key in OURS else scrub_value({key: kept})[key] for key, kept in event.items()
    }
