"""What is wrong with the items of a payload, however many they are."""

from collections import Counter
from collections.abc import Iterable, Iterator

from moothall.values.observations import Issue, Mender, Severity

KEPT = 1_000
"""Issues of one severity that are kept one by one; of half a million alike, nobody reads more."""


class Issues:
    """The issues of one payload: the first of each severity as they are, the others counted.

    Shape:   read from front to back it gives those kept, then one for each severity that had more,
             whose `count` says how many. Its length is that of all.
    """

    def __init__(self, issues: Iterable[Issue] = ()) -> None:
        self._kept: list[Issue] = []
        self._counts: Counter[Severity] = Counter()
        self._others: Counter[tuple[Severity, Mender]] = Counter()
        self.extend(issues)

    def note(
        self,
        where: str,
        what: str | Exception,
        item: object = "",
        *,
        severity: Severity = Severity.WARNING,
        mender: Mender = Mender.PUBLISHER,
    ) -> None:
        """Note what is wrong with one item, as `Issue.of` says it."""
        if self._is_one_too_many(severity, mender, 1):
            return
        self._kept.append(Issue.of(where, what, item, severity=severity, mender=mender))

    def append(self, issue: Issue) -> None:
        """Take in an issue that is made already."""
        # What stands for many is counted with the many.
        if issue.count > 1:
            self._others[issue.severity, issue.mender] += issue.count
        elif not self._is_one_too_many(issue.severity, issue.mender, issue.count):
            self._kept.append(issue)

    def extend(self, issues: Iterable[Issue]) -> None:
        """Take in issues that are made already."""
        for issue in issues:
            self.append(issue)

    def _is_one_too_many(self, severity: Severity, mender: Mender, count: int) -> bool:
        if self._counts[severity] < KEPT:
            self._counts[severity] += count
            return False
        self._others[severity, mender] += count
        return True

    def __iter__(self) -> Iterator[Issue]:
        yield from self._kept
        for (severity, mender), count in self._others.items():
            yield Issue(
                where="payload",
                what=f"as much is wrong with {count:,} further items",
                severity=severity,
                mender=mender,
                count=count,
            )

    def __len__(self) -> int:
        return len(self._kept) + sum(self._others.values())
