"""One rule for what answers a search, whichever service holds it; forgiving of slips."""

from collections.abc import Iterable
from dataclasses import replace

from rapidfuzz import utils
from rapidfuzz.distance import OSA

from moothall.values.facts import Hit

LONGEST_ASKED = 12
"""How many words of a question are looked for; nobody looking for something types more."""


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared: in one case, without signs."""
    return tuple(utils.default_process(text).split())


def alike(asked: str, word: str) -> float:
    """Say how well a word meets one asked for, of 1; 0 for not at all."""
    if asked == word:
        return 1.0
    if len(asked) >= 3 and word.startswith(asked):
        return 0.9
    if len(word) >= 4 and asked.startswith(word):
        return 0.8
    # One slip in a word of four letters, two in one of ten; hardly anybody misses the first letter.
    # A code is right or it is another thing's.
    short = min(len(asked), len(word)) < 4 or not (asked.isalpha() and word.isalpha())
    slips = 0 if short else 1 if len(asked) < 10 else 2
    if slips and asked[0] == word[0]:
        # What is typed may stop short of the word's end: "chargin pionts" for "charging points".
        shapes = {word, word[: len(asked)], word[: len(asked) + 1]}
        if min(OSA.distance(asked, shape) for shape in shapes) <= slips:
            return 0.75
    return 0.0


def list_hits(text: str, known: Iterable[tuple[Hit, str]], *, limit: int) -> tuple[Hit, ...]:
    """Return the things that meet every word asked for, those that do so in their title first.

    Shape:   each thing with the further words it may be found by. A word is met by one that holds
             it, or that is a slip of the fingers away.
    """
    asked = tuple(dict.fromkeys(words_of(text)))[:LONGEST_ASKED]
    if not asked:
        return ()
    met: dict[tuple[str, str], float] = {}
    """Within one search only: what people look for is not kept."""

    def best(word: str, said: str) -> float:
        if word in said:
            return 1.0
        found = 0.0
        for one in words_of(said):
            pair = (word, one)
            if pair not in met:
                met[pair] = alike(word, one)
            found = max(found, met[pair])
        return found

    found = []
    for hit, more in known:
        title, rest = hit.title.casefold(), more.casefold()
        score = 0.0
        for word in asked:
            in_title = best(word, title)
            if not in_title and not best(word, rest):
                break
            score += in_title
        else:
            found.append(replace(hit, score=score / len(asked)))
    return tuple(sorted(found, key=lambda hit: -hit.score)[:limit])
