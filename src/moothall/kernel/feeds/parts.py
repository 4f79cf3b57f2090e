"""Lists that come in several payloads: whole only if every part came and could be read."""

from dataclasses import dataclass, field, replace

from moothall.kernel.feeds.reading import Piece
from moothall.values.requests import Request

_Key = tuple[str, str]


@dataclass(slots=True)
class _List:
    numbers: list[int] = field(default_factory=list)
    """Of the pieces that are its parts."""
    lacks: bool = False


@dataclass(slots=True)
class Lists:
    """The lists of one run, each known by its first request."""

    _of: dict[_Key, _List] = field(default_factory=dict)
    _roots: dict[_Key, _Key] = field(default_factory=dict)

    def note(self, request: Request, piece: Piece, *, number: int) -> None:
        """Note a piece that came, and what it says are further parts of its list."""
        one = self._list(request)
        one.numbers.append(number)
        one.lacks |= bool(piece.fault)
        for further in piece.batch.follow if piece.batch else ():
            if further.part:
                self._roots.setdefault(_key(further), self._root(request))

    def lack(self, *requests: Request) -> None:
        """Note requests that brought nothing: the lists they are parts of are not whole."""
        for request in requests:
            self._list(request).lacks = True

    def join(self, pieces: list[Piece]) -> None:
        """Let the last part of each list speak for all of it; nobody, where a part is lacking."""
        for one in self._of.values():
            if len(one.numbers) > 1 or one.lacks:
                _join(pieces, one)

    def _list(self, request: Request) -> _List:
        return self._of.setdefault(self._root(request), _List())

    def _root(self, request: Request) -> _Key:
        return self._roots.get(_key(request), _key(request))


def _join(pieces: list[Piece], one: _List) -> None:
    batches = [batch for number in one.numbers if (batch := pieces[number].batch) is not None]
    whole = not one.lacks and len(batches) == len(one.numbers)
    complete = frozenset.intersection(*(batch.complete for batch in batches)) if whole else None
    for number in one.numbers:
        batch = pieces[number].batch
        if batch is None:
            continue
        speaks = complete is not None and number == one.numbers[-1]
        others = tuple(other for other in batches if other is not batch)
        pieces[number] = replace(
            pieces[number],
            batch=replace(
                batch,
                complete=complete if complete is not None and speaks else frozenset(),
                parts=others if speaks else (),
            ),
        )


def _key(request: Request) -> _Key:
    return request.role, request.url
