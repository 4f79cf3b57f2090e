"""Counting what each client asks for: in this process's own memory, with no thread of its own."""

from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Any

from limits.storage import Storage

MOST_KEPT = 20_000
"""When so many windows are held, those that have ended are let go."""


def one_client(address: str) -> str:
    """Name what counts as one client: an IPv4 address, or a whole /64 of IPv6.

    Whoever has one address of a /64 has them all, and could be a new client at each request.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or f"{IPv6Address(int(ip) >> 64 << 64)}/64")


class Counts(Storage):
    """Counts what each client asked for; `clock` returns the present instant.

    The library's own store starts a thread at almost every request to let go of old counts, and
    two requests at once may start the same one: an error, answered with a 500.
    """

    STORAGE_SCHEME = ["counts"]

    def __init__(self, *, clock: Callable[[], datetime], **options: Any) -> None:
        super().__init__(None, **options)
        self.clock = clock
        self._lock = Lock()
        self._held: dict[str, tuple[int, float]] = {}
        self._sweep_at = MOST_KEPT

    @property
    def base_exceptions(self) -> type[Exception]:
        """Errors the limiter may meet; none that we swallow."""
        return Exception

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count one more, and return how many there were in this window."""
        now = self.clock().timestamp()
        with self._lock:
            count, until = self._held.get(key, (0, 0.0))
            if until <= now:
                count, until = 0, now + expiry
            self._held[key] = (count + amount, until)
            if len(self._held) > self._sweep_at:
                self._held = {k: held for k, held in self._held.items() if held[1] > now}
                # Twice what is left, so that a crowd is not swept at every request.
                self._sweep_at = max(MOST_KEPT, 2 * len(self._held))
        return count + amount

    def get(self, key: str) -> int:
        """Return how many there were in this window."""
        count, until = self._held.get(key, (0, 0.0))
        return count if until > self.clock().timestamp() else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since 1970."""
        now = self.clock().timestamp()
        return max(now, self._held.get(key, (0, now))[1])

    def check(self) -> bool:
        """Say whether the store answers: it always does."""
        return True

    def reset(self) -> int:
        """Forget every count; return how many there were."""
        with self._lock:
            forgotten, self._held = len(self._held), {}
        return forgotten

    def clear(self, key: str) -> None:
        """Forget one key's count."""
        with self._lock:
            self._held.pop(key, None)
