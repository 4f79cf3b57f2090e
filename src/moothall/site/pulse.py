"""The worker's pulse: a file it touches, so that others see it lives."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

LATE = timedelta(minutes=3)


def beat(now: datetime) -> None:
    """Say that the worker lives."""
    path = Path(settings.WORKER_PULSE)
    path.touch(mode=0o600)
    os.utime(path, (now.timestamp(), now.timestamp()))


def last_beat() -> datetime | None:
    """Return when the worker last said so; None if it never did."""
    try:
        return datetime.fromtimestamp(Path(settings.WORKER_PULSE).stat().st_mtime, UTC)
    except FileNotFoundError:
        return None
