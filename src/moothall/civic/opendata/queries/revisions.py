"""A word for the rows of a dataset as they are: another whenever a row of them is."""

import hashlib
from collections.abc import Sequence

from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.rows import stream_rows
from moothall.civic.opendata.queries.sources import list_columns
from moothall.civic.opendata.rules import EARLIEST, LATEST, Window
from moothall.kernel.observations.lake import current

_IN_SPAN = (
    "SELECT s.feed AS feed, count(*) AS rows, max(m.segment) AS last FROM measured m JOIN series s"
    ' ON s.number = m.series AND list_contains($1, s.feed) WHERE m."at" >= $2 AND m."at" < $3'
    " GROUP BY 1"
)


def find_revision(dataset: Dataset, window: Window) -> str:
    """Return the word for a dataset's rows within a span."""
    return find_revisions((dataset,), window)[0]


def find_revisions(wanted: Sequence[Dataset], window: Window) -> list[str]:
    """Return the words for the rows of datasets within a span, in their order.

    Shape:   of observations, how many there are and the last segment any came in: a month that is
             over keeps its word although others come. No two stores say the same word.
    """
    lake = current()
    feeds = [one.name for one in wanted if one.source == "feed"]
    within: dict[str, tuple[int, int]] = {}
    if feeds:
        span = (feeds, window.from_at or EARLIEST, window.until_at or LATEST)
        said = lake.query(_IN_SPAN, span).to_pylist()
        within = {row["feed"]: (row["rows"], row["last"]) for row in said}
    return [_word(one, window, within.get(one.name, (0, 0))) for one in wanted]


def _word(dataset: Dataset, window: Window, within: tuple[int, int]) -> str:
    lake = current()
    if dataset.table is not None:
        state = f"{dataset.version} {dataset.table.version and dataset.table.version.digest}"
    elif dataset.source == "portal":
        told = hashlib.sha256()
        for piece in stream_rows(dataset):
            told.update(piece.serialize())
        state = told.hexdigest()
    elif dataset.kind is not None:
        state = f"{lake.last_change(kind=dataset.kind.name)} {window}"
    else:
        state = f"{within} {window}"
    about = (
        lake.database.url,
        dataset.name,
        dataset.title,
        dataset.licences,
        dataset.attribution,
    )
    named = [(one.name, one.type, one.meaning, one.unit) for one in list_columns(dataset)]
    return hashlib.sha256(f"{state} {about} {named}".encode()).hexdigest()[:32]
