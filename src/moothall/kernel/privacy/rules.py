"""Which counts of a table may be told when small ones could name someone. Pure.

A table of counts is published with its row and column totals. A small count is left out; but what
is left out can often be had back by subtracting what was told from a total. So further counts are
left out, the least of them first, until subtraction no longer helps.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

Cell = tuple[str, str]
SMALL = 5
"""Counts of 1 to 4 are small."""
_NO_LIMIT = 1 << 60


@dataclass(frozen=True, slots=True)
class Table:
    """Counts by row and column, as they may be told: None is left out. Totals are of all."""

    counts: Mapping[Cell, int | None]
    rows: Mapping[str, int]
    columns: Mapping[str, int]
    total: int


def suppress_small_counts(counts: Mapping[Cell, int], *, small: int = SMALL) -> Table | None:
    """Leave out small counts, and as many others as keep them from being worked out.

    Shape:   a cell that is not given counts nobody. A reader who knows the totals and every count
             told can narrow a small count to no fewer than `small` possible values.
    Errors:  ValueError for a count below zero.
    Leaves:  None if no table with its totals can be told: then tell one with fewer rows.
    """
    if any(count < 0 for count in counts.values()):
        raise ValueError("a count is below zero")
    rows = sorted({row for row, _ in counts})
    columns = sorted({column for _, column in counts})
    full = {(row, column): counts.get((row, column), 0) for row in rows for column in columns}
    secret = [cell for cell, count in full.items() if 0 < count < small]
    hidden = set(secret)
    for cell in sorted(secret, key=lambda cell: (full[cell], cell)):
        while not _is_safe(cell, full, hidden, small):
            more = _best_rectangle(cell, full, hidden, small)
            if more is None:
                return None
            hidden |= more
    return Table(
        counts={cell: None if cell in hidden else count for cell, count in full.items()},
        rows={row: sum(full[row, column] for column in columns) for row in rows},
        columns={column: sum(full[row, column] for row in rows) for column in columns},
        total=sum(full.values()),
    )


def find_range(cell: Cell, counts: Mapping[Cell, int], hidden: Iterable[Cell]) -> tuple[int, int]:
    """Return the least and greatest a hidden count can be, to who knows all that is told.

    The counts left out can shift round a ring of hidden cells, up here and down there, without
    changing a total; how far is a question of the greatest flow through them.
    """
    others = {other: counts[other] for other in hidden if other != cell}
    row, column = ("row", cell[0]), ("column", cell[1])
    up = _flow(others, column, row, _NO_LIMIT)
    down = _flow(others, row, column, counts[cell])
    return counts[cell] - down, counts[cell] + up


def _is_safe(cell: Cell, counts: Mapping[Cell, int], hidden: set[Cell], small: int) -> bool:
    least, most = find_range(cell, counts, hidden)
    return most - least + 1 >= small


Node = tuple[str, str]


def _flow(counts: Mapping[Cell, int], start: Node, end: Node, limit: int) -> int:
    """Return the greatest flow from start to end: row to column a cell rises, back it falls."""
    room: dict[Node, dict[Node, int]] = {}
    for (row, column), count in counts.items():
        room.setdefault(("row", row), {})[("column", column)] = _NO_LIMIT
        room.setdefault(("column", column), {})[("row", row)] = count
    moved = 0
    while moved < limit and (path := _path(room, start, end)):
        steps = list(pairwise(path))
        least = min(limit - moved, *(room[a][b] for a, b in steps))
        for a, b in steps:
            room[a][b] -= least
            room[b][a] += least
        moved += least
    return moved


def _path(room: Mapping[Node, Mapping[Node, int]], start: Node, end: Node) -> list[Node]:
    came: dict[Node, Node | None] = {start: None}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        if node == end:
            path = [node]
            while (before := came[path[-1]]) is not None:
                path.append(before)
            return path[::-1]
        for following, left in room.get(node, {}).items():
            if left > 0 and following not in came:
                came[following] = node
                waiting.append(following)
    return []


def _best_rectangle(
    cell: Cell, counts: Mapping[Cell, int], hidden: set[Cell], small: int
) -> set[Cell] | None:
    """Choose the rectangle with this cell at a corner that protects it best for the least lost.

    None if every cell that could help is hidden already.
    """
    row, column = cell
    corners = [
        {(row, other_column), (other_row, column), (other_row, other_column)} - hidden
        for other_row in sorted({r for r, _ in counts} - {row})
        for other_column in sorted({c for _, c in counts} - {column})
    ]

    def worth(corner: set[Cell]) -> tuple[int, int, list[Cell]]:
        least, most = find_range(cell, counts, hidden | corner)
        lost = sum(counts[other] for other in corner)
        return -min(most - least + 1, small), lost, sorted(corner)

    return min((corner for corner in corners if corner), key=worth, default=None)
