"""One rule for what answers a search, whichever service holds it."""

from collections.abc import Iterable
from dataclasses import replace

from moothall.values.facts import Hit


def list_hits(text: str, known: Iterable[tuple[Hit, str]], *, limit: int) -> tuple[Hit, ...]:
    """Return the things that hold every word asked for, those that hold them in their title first.

    Shape:   each thing with the further words it may be found by.
    """
    asked = text.casefold().split()
    if not asked:
        return ()
    found = [
        replace(hit, score=sum(word in hit.title.casefold() for word in asked) / len(asked))
        for hit, words in known
        if all(word in f"{hit.title} {words}".casefold() for word in asked)
    ]
    return tuple(sorted(found, key=lambda hit: -hit.score)[:limit])
