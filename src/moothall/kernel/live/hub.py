"""Tells every listener what changed: one tail of the lake, many short queues."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog

from moothall.kernel.live import words
from moothall.kernel.live.filters import Filter
from moothall.kernel.observations.entries import Latest
from moothall.kernel.observations.lake import Lake

log = structlog.get_logger(__name__)

EVERY_S = 0.2
LINGER_S = 10.0
MAX_EVENTS = 20_000
"""More than this at once is not said value by value: the listener is told to read afresh."""
MAX_QUEUED = 64
MAX_QUEUED_BYTES = 4 * 1024 * 1024


class UnableToJoin(Exception):
    """There are as many listeners as this process takes."""


@dataclass(eq=False, slots=True)
class Listener:
    """One open line: what waits to be sent on it."""

    filter: Filter
    address: str
    bookmark: int = 0
    waiting: deque[bytes] = field(default_factory=deque)
    waiting_bytes: int = 0
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, said: bytes, *, id: int) -> None:
        """Queue some events; one that does not keep up loses its queue and is told to resync."""
        if len(self.waiting) >= MAX_QUEUED or self.waiting_bytes + len(said) > MAX_QUEUED_BYTES:
            self.waiting.clear()
            self.waiting_bytes = 0
            said = words.resync(id, "you did not keep up")
        self.waiting.append(said)
        self.waiting_bytes += len(said)
        self.bookmark = id
        self.wake.set()

    async def hear(self, timeout_s: float) -> bytes:
        """Wait for events; a heartbeat if there are none for a while."""
        if not self.waiting:
            self.wake.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self.wake.wait()
            except TimeoutError:
                return words.bookmark(self.bookmark)
        said = self.waiting.popleft()
        self.waiting_bytes -= len(said)
        return said


class Hub:
    """The listeners of this process. Reads the lake in a thread, and only while someone listens."""

    def __init__(
        self,
        lake: Callable[[], Lake],
        *,
        is_open: Callable[[str], bool],
        max_listeners: int = 4000,
        max_per_address: int = 40,
    ) -> None:
        self.lake = lake
        self.is_open = is_open
        self.max_listeners = max_listeners
        self.max_per_address = max_per_address
        self.groups: dict[Filter, set[Listener]] = {}
        self.addresses: Counter[str] = Counter()
        self.cursor = -1
        """The id of the last change told; -1 before the first listener comes."""
        self.reader = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live")
        self.teller = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tail")
        """Reads for the tail alone, so that a crowd of askers never holds up the listeners."""
        self.tail: asyncio.Task[None] | None = None
        self._missed: dict[tuple[int, int], asyncio.Future[tuple[Latest, ...]]] = {}

    @property
    def listeners(self) -> int:
        """How many lines are open."""
        return self.addresses.total()

    async def join(self, filter: Filter, *, address: str, after: int | None) -> Listener:
        """Open a line; with `after`, what the listener missed since comes first.

        Errors:  UnableToJoin when there is no room.
        """
        if self.listeners >= self.max_listeners:
            raise UnableToJoin("Too many people are listening. Try again in a minute.")
        if self.addresses[address] >= self.max_per_address:
            raise UnableToJoin("Your address has too many lines open. Close one first.")
        # Counted before the first wait, so that a burst cannot pass the limit together.
        self.addresses[address] += 1
        listener = Listener(filter=filter, address=address)
        try:
            await self._start()
            # From here to the group there is no wait: no change falls between.
            listener.bookmark = self.cursor
            self.groups.setdefault(filter, set()).add(listener)
            if after is not None:
                await self._catch_up(listener, after)
        except BaseException:
            self.leave(listener)
            raise
        return listener

    def leave(self, listener: Listener) -> None:
        """Close a line."""
        self.addresses[listener.address] -= 1
        if self.addresses[listener.address] <= 0:
            del self.addresses[listener.address]
        group = self.groups.get(listener.filter)
        if group is not None:
            group.discard(listener)
            if not group:
                del self.groups[listener.filter]

    async def read(
        self, ask: Callable[[Lake], object], *, of: ThreadPoolExecutor | None = None
    ) -> object:
        """Ask the lake something, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(
            of or self.reader, lambda: ask(self.lake())
        )

    async def _start(self) -> None:
        if self.tail is not None and not self.tail.done():
            return
        self.tail = asyncio.create_task(self._run(ready := asyncio.Event()))
        await ready.wait()

    async def _run(self, ready: asyncio.Event) -> None:
        quiet_s = 0.0
        try:
            self.cursor = await self._last()
            ready.set()
            while quiet_s < LINGER_S:
                await asyncio.sleep(EVERY_S)
                quiet_s = 0.0 if self.listeners else quiet_s + EVERY_S
                try:
                    await self.look()
                except Exception as fault:
                    # The database may be away for a moment; whoever listens waits with us.
                    log.warning("live.unable_to_read", why=str(fault))
        finally:
            ready.set()

    async def _last(self) -> int:
        found = await self.read(lambda lake: lake.last_change(), of=self.teller)
        assert isinstance(found, int)  # noqa: S101 - narrows for the type checker
        return found

    async def look(self) -> None:
        """Read what came since the last look, and tell whoever asked for it."""
        last = await self._last()
        if last < self.cursor:
            self.cursor = last
            self._tell_all(words.resync(last, "the record was rebuilt"), last)
            return
        if last == self.cursor:
            return
        fresh = await self._since(self.cursor, last, of=self.teller)
        self.cursor = last
        if len(fresh) > MAX_EVENTS:
            self._tell_all(words.resync(last, "too much changed at once"), last)
            return
        await self._tell(fresh, last)

    async def _tell(self, fresh: tuple[Latest, ...], last: int) -> None:
        """Tell each group what it asked for. A value is written once, whoever hears it."""
        events = {
            entry.series.key: (entry, words.event("observation", words.observation(entry)))
            for entry in fresh
        }
        for filter, group in list(self.groups.items()):
            near = filter.series & events.keys() if filter.series else events.keys()
            asked = [key for key in near if filter.admits(events[key][0])]
            if asked:
                *first, final = asked
                said = b"".join(events[key][1] for key in first)
                said += words.observations((events[final][0],), id=last)
                for listener in group:
                    listener.tell(said, id=last)
            else:
                for listener in group:
                    listener.bookmark = last
            # However many ask for something of their own, nobody else waits for all of them.
            await asyncio.sleep(0)

    def _tell_all(self, said: bytes, id: int) -> None:
        for group in self.groups.values():
            for listener in group:
                listener.tell(said, id=id)

    async def _since(
        self, after: int, upto: int, *, of: ThreadPoolExecutor | None = None
    ) -> tuple[Latest, ...]:
        """Read values newer than a change; listeners that come back together share one reading."""
        known = self._missed.get((after, upto))
        if known is None:
            known = asyncio.ensure_future(self._read_since(after, of))
            self._missed[(after, upto)] = known
            while len(self._missed) > 4:
                self._missed.pop(next(iter(self._missed)))
        try:
            return await asyncio.shield(known)
        except Exception:
            self._missed.pop((after, upto), None)
            raise

    async def _read_since(self, after: int, of: ThreadPoolExecutor | None) -> tuple[Latest, ...]:
        found = await self.read(
            lambda lake: tuple(e for e in lake.list_latest(after=after) if self.is_open(e.feed)),
            of=of,
        )
        assert isinstance(found, tuple)  # noqa: S101 - narrows for the type checker
        return found

    async def _catch_up(self, listener: Listener, after: int) -> None:
        upto = self.cursor
        if after > upto:
            listener.tell(words.resync(upto, "that event is not in this record"), id=upto)
            return
        if after == upto:
            return
        missed = await self._since(after, upto)
        asked = [entry for entry in missed if listener.filter.admits(entry)]
        if len(asked) > MAX_EVENTS:
            listener.tell(words.resync(upto, "too much happened since"), id=upto)
        elif asked:
            # What came while we read is queued already: the missed part goes before it.
            said = words.observations(asked, id=upto)
            listener.waiting.appendleft(said)
            listener.waiting_bytes += len(said)
            listener.wake.set()

    def close(self) -> None:
        """Stop reading."""
        if self.tail is not None:
            self.tail.cancel()
        self.reader.shutdown(wait=False, cancel_futures=True)
        self.teller.shutdown(wait=False, cancel_futures=True)
