"""While nothing can be kept, nothing is begun: the stores are tried again, later each time."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic

import structlog

from moothall.kernel.feeds import trouble
from moothall.kernel.feeds.trouble import Trouble

log = structlog.get_logger("moothall.work")

SHORTEST_S = 2.0
LONGEST_S = 20.0


@dataclass(slots=True)
class Hold:
    """Whether a worker begins anything, and why not."""

    say: Callable[[str], object] = lambda words: None
    """Told when it is over: a log that shows errors alone would leave it at that."""
    steady: Callable[[], float] = monotonic
    trouble: Trouble | None = None
    """What it waits for; None while all is well."""
    _found: list[Trouble] = field(default_factory=list)
    """What work under way met since the last look; any thread may add to it."""
    _wait_s: float = SHORTEST_S
    _again_at: float = 0.0
    _ended_at: float = float("-inf")

    def note(self, fault: BaseException) -> bool:
        """Note what went wrong if the stores are the cause; say whether they are."""
        found = trouble.of(fault)
        if found is not None:
            self._found.append(found)
        return found is not None

    def holds(self, now: datetime) -> bool:
        """Say whether nothing may begin now, trying the stores again when it is time."""
        found = self._found.pop() if self._found else None
        self._found.clear()
        if self.trouble is None:
            found = found or trouble.look()
            if found is not None:
                self._begin(found, now)
            return found is not None
        if self.steady() < self._again_at:
            return True
        left = trouble.try_out()
        if left is None:
            self._end(now)
            return False
        self.trouble = replace(left, since=self.trouble.since)
        self._wait_s = min(self._wait_s * 2, LONGEST_S)
        self._again_at = self.steady() + self._wait_s
        trouble.tell(self.trouble, now)
        return True

    def _begin(self, found: Trouble, now: datetime) -> None:
        # Trouble that comes back at once was never over.
        again = self.steady() - self._ended_at < 2 * LONGEST_S
        self._wait_s = min(self._wait_s * 2, LONGEST_S) if again else SHORTEST_S
        self._again_at = self.steady() + self._wait_s
        self.trouble = replace(found, since=now)
        trouble.tell(self.trouble, now)
        log.error("nothing can be kept", why=self.trouble.words, detail=found.detail)

    def _end(self, now: datetime) -> None:
        self.trouble, self._ended_at = None, self.steady()
        trouble.tell(None, now)
        log.warning("the stores can be written to again", why="the feeds go on")
        self.say("The stores can be written to again; the feeds go on.")
