"""How one time stands to another. An interval holds its beginning and not its end."""

from collections.abc import Callable, Mapping

from moothall.standards.sensorthings.times import Span


def before(a: Span, b: Span) -> bool:
    """Test whether one is over when the other begins."""
    return a.end <= b.start if a.lasts else a.end < b.start


def during(a: Span, b: Span) -> bool:
    """Test whether one lies within the other."""
    return b.start <= a.start and (a.end <= b.end if a.lasts else a.end < b.end)


def overlaps(a: Span, b: Span) -> bool:
    """Test whether they share an instant."""
    return not before(a, b) and not before(b, a)


RELATIONS: Mapping[str, Callable[[Span, Span], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": before,
    "gt": lambda a, b: before(b, a),
    "le": lambda a, b: a.end <= b.end,
    "ge": lambda a, b: a.start >= b.start,
    "before": before,
    "after": lambda a, b: before(b, a),
    "during": during,
    "overlaps": overlaps,
    "meets": lambda a, b: a.end == b.start or b.end == a.start,
    "starts": lambda a, b: a.start == b.start,
    "finishes": lambda a, b: a.end == b.end,
}
"""Every question of two times, by the name it is asked by."""
