"""How the house writes its log: one JSON object a line, with nothing personal in it."""

import logging
import sys
from typing import Any, TextIO

import structlog

from moothall.kernel.privacy.scrub import scrub_event

BEFORE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


class Errors(logging.StreamHandler[TextIO]):
    """Writes to standard error as it is now, not as it was when logging was set up."""

    @property
    def stream(self) -> TextIO:
        """Return standard error."""
        return sys.stderr

    @stream.setter
    def stream(self, given: TextIO) -> None:
        """Keep nothing: there is one place to write to."""


def configuration(*, as_json: bool, level: str) -> dict[str, Any]:
    """Set up structlog, and return the matching settings for the standard library's logging.

    Every line, ours or a library's, passes through `scrub_event` last: tracebacks too.
    """
    structlog.configure(
        processors=[*BEFORE, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    written: Any = (
        structlog.processors.JSONRenderer(sort_keys=True, default=str)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                # No `extra` of a library's: Django's holds the request, query and all.
                "foreign_pre_chain": BEFORE,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    scrub_event,
                    written,
                ],
            }
        },
        "handlers": {"console": {"()": Errors, "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Their own lines hold whole addresses, queries and all; our journal has the rest.
            "django.server": {"level": "WARNING", "propagate": True, "handlers": []},
            "django.request": {"level": "ERROR", "propagate": True, "handlers": []},
            "django.security.DisallowedHost": {"level": "CRITICAL", "handlers": []},
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "granian.access": {"level": "WARNING"},
        },
    }
