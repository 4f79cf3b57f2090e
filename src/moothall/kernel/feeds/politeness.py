"""Turns at a host: few at a time, and never one right after another."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep


@dataclass(slots=True)
class _Host:
    places: threading.Semaphore
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0


class Hosts:
    """Keeps requests to one host apart, across all the threads of this process.

    Units:   `apart_s` is the least time between two requests' beginnings, in seconds.
    """

    def __init__(
        self,
        *,
        at_once: int = 2,
        apart_s: float = 0.2,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], None] = sleep,
    ) -> None:
        self.at_once = at_once
        self.apart_s = apart_s
        self.clock = clock
        self.sleep = sleep
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Wait for a turn at a host, and hold it while the block runs."""
        with self._lock:
            host = self._hosts.setdefault(name, _Host(threading.Semaphore(self.at_once)))
        with host.places:
            with host.lock:
                now = self.clock()
                begin = max(now, host.free_at)
                host.free_at = begin + self.apart_s
            if begin > now:
                self.sleep(begin - now)
            yield
