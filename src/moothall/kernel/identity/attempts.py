"""A store for `limits` that every process shares: the people's database."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from limits.storage import Storage

from moothall.kernel.identity.models import Attempts


class SharedAttempts(Storage):
    """Counts attempts in the database, for the few that must be counted across processes.

    The clock is given: `clock` returns the present instant.
    """

    STORAGE_SCHEME = ["people"]

    def __init__(self, *, clock: Callable[[], datetime], **options: Any) -> None:
        super().__init__(None, **options)
        self.clock = clock

    @property
    def base_exceptions(self) -> type[Exception]:
        """Errors the limiter may meet; none that we swallow."""
        return Exception

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count one more attempt, and return how many there were in this window."""
        now = self.clock()
        until_at = now + timedelta(seconds=expiry)
        with transaction.atomic():
            kept, made = Attempts.objects.select_for_update().get_or_create(
                key=key, defaults={"count": amount, "until_at": until_at}
            )
            if made:
                return amount
            if kept.until_at <= now:
                kept.count, kept.until_at = amount, until_at
            else:
                kept.count += amount
            kept.save()
            return kept.count

    def get(self, key: str) -> int:
        """Return how many attempts there were in this window."""
        kept = Attempts.objects.filter(key=key, until_at__gt=self.clock()).first()
        return kept.count if kept else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since 1970."""
        kept = Attempts.objects.filter(key=key).first()
        return (kept.until_at if kept else self.clock()).timestamp()

    def check(self) -> bool:
        """Say whether the store answers."""
        Attempts.objects.exists()
        return True

    def reset(self) -> int:
        """Forget every attempt."""
        return Attempts.objects.all().delete()[0]

    def clear(self, key: str) -> None:
        """Forget one key's attempts."""
        Attempts.objects.filter(key=key).delete()


def forget_old(now: datetime) -> int:
    """Delete the windows that have ended; return how many."""
    return Attempts.objects.filter(until_at__lte=now).delete()[0]
