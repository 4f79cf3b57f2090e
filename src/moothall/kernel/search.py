"""One rule for what answers a search, whichever service holds it; forgiving of slips.

What can be found is laid out by its words once, so that a search reads no more than the words it
asks for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz import utils
from rapidfuzz.distance import OSA

from moothall.values.facts import Hit

LONGEST_ASKED = 12
"""How many words of a question are looked for; nobody looking for something types more."""
TITLE, ALSO, PASSING = 1.0, 0.9, 0.7
"""How much a word weighs that is met in the title, in the other words for it, or in passing."""
MEANT = 0.6
"""How well a word is met by another that means nearly the same."""
Others = Callable[[str], Iterable[str]]
"""Given a word, names those that mean nearly the same."""


def no_others(word: str) -> Iterable[str]:
    """Know of no word that means the same as another."""
    return ()


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared: in one case, without signs."""
    return tuple(utils.default_process(text).split())


def asked_of(text: str) -> tuple[str, ...]:
    """Return the words a text asks for."""
    return tuple(dict.fromkeys(words_of(text)))[:LONGEST_ASKED]


def alike(asked: str, word: str) -> float:
    """Say how well a word meets one asked for, of 1; 0 for not at all."""
    if asked == word:
        return 1.0
    if word.startswith(asked):
        return 0.9 if len(asked) >= 3 else 0.7
    if len(word) >= 4 and asked.startswith(word):
        return 0.8
    if _slipped(asked, word):
        return 0.75
    return 0.7 if len(asked) >= 4 and asked in word else 0.0


def _slipped(asked: str, word: str) -> bool:
    """Say whether one word is another with a slip of the fingers.

    One slip in a word of four letters, two in one of ten; hardly anybody misses the first letter.
    A code is right or it is another thing's.
    """
    size = len(asked)
    slips = 1 if size < 10 else 2
    if size < 4 or len(word) < max(4, size - slips) or asked[0] != word[0]:
        return False
    if not (asked.isalpha() and word.isalpha()):
        return False
    # What is typed may stop short of the word's end: "chargin pionts" for "charging points".
    shapes = {word[: size + slips], word[: size + 1], word[:size]}
    return any(OSA.distance(asked, shape, score_cutoff=slips) <= slips for shape in shapes)


@dataclass(frozen=True, slots=True)
class Index:
    """What can be found, laid out by its words."""

    hits: tuple[Hit, ...]
    said_by: Mapping[str, tuple[tuple[int, float], ...]]
    """Of each word, the numbers of the hits that say it, and what it weighs there."""
    by_letter: Mapping[str, tuple[str, ...]]
    """The words that begin with each letter."""

    def score(
        self, asked: tuple[str, ...], *, whole: bool = True, others: Others = no_others
    ) -> Iterator[tuple[float, Hit]]:
        """Yield what meets every word, or any if not `whole`, each with how well it does, of 1.

        Shape:   what says one of the `others` of a word meets it too, though less well.
        """
        rated = self.rate(asked, whole=whole, others=others)
        for number in sorted(rated):
            yield rated[number], self.hits[number]

    def rate(
        self, asked: tuple[str, ...], *, whole: bool = True, others: Others = no_others
    ) -> Mapping[int, float]:
        """Return the same by the numbers of the hits, in no order."""
        met = [self._meet(word, others) for word in asked]
        if len(met) == 1:
            return met[0]
        numbers = set(met[0]) if met else set()
        for one in met[1:]:
            numbers = numbers & set(one) if whole else numbers | set(one)
        return {number: sum([one.get(number, 0.0) for one in met]) / len(met) for number in numbers}

    def list_hits(self, text: str, limit: int) -> tuple[Hit, ...]:
        """Return what meets every word of a text, best first."""
        found = sorted(self.score(asked_of(text)), key=lambda one: -one[0])
        return tuple(hit for _, hit in found[:limit])

    def _meet(self, asked: str, others: Others) -> dict[int, float]:
        """Return the numbers of the hits that meet one word, with how well the best word does."""
        best: dict[int, float] = {}
        for word, fit in self._words_like(asked):
            for number, weight in self.said_by[word]:
                if weight * fit > best.get(number, 0.0):
                    best[number] = weight * fit
        for other in others(asked):
            for number, weight in self.said_by.get(other, ()):
                if weight * MEANT > best.get(number, 0.0):
                    best[number] = weight * MEANT
        return best

    def _words_like(self, asked: str) -> Iterator[tuple[str, float]]:
        for word in self.by_letter.get(asked[0], ()):
            fit = alike(asked, word)
            if fit:
                yield word, fit
        if len(asked) >= 4:
            for word in self.said_by:
                if asked in word and word[0] != asked[0]:
                    yield word, alike(asked, word)


def lay_out(known: Iterable[tuple[Hit, str]], *, also: float = PASSING) -> Index:
    """Lay out what can be found by its words.

    Shape:   each thing with the further words it may be found by, which weigh `also`.
    """
    hits: list[Hit] = []
    said_by: defaultdict[str, dict[int, float]] = defaultdict(dict)
    for number, (hit, more) in enumerate(known):
        hits.append(hit)
        for text, weight in ((hit.title, TITLE), (more, also), (hit.summary, PASSING)):
            for word in words_of(text):
                # The weightiest text is read first.
                said_by[word].setdefault(number, weight)
    by_letter: defaultdict[str, list[str]] = defaultdict(list)
    for word in said_by:
        by_letter[word[0]].append(word)
    return Index(
        hits=tuple(hits),
        said_by={word: tuple(of.items()) for word, of in said_by.items()},
        by_letter={letter: tuple(words) for letter, words in by_letter.items()},
    )
