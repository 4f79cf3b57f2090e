"""A word for the rows of a dataset as they are: another whenever a row of them is."""

import hashlib

from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.rows import stream_rows
from moothall.civic.opendata.queries.sources import list_columns
from moothall.civic.opendata.rules import EARLIEST, LATEST, Window
from moothall.kernel.observations.lake import current

_IN_SPAN = (
    "SELECT count(*) AS rows, max(m.segment) AS last FROM measured m JOIN series s"
    ' ON s.number = m.series AND s.feed = $1 WHERE m."at" >= $2 AND m."at" < $3'
)


def find_revision(dataset: Dataset, window: Window) -> str:
    """Return the word for a dataset's rows within a span.

    Shape:   of observations, how many there are and the last segment any came in: a month that is
             over keeps its word although others come. No two stores say the same word.
    """
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
        span = (dataset.name, window.from_at or EARLIEST, window.until_at or LATEST)
        said = lake.query(_IN_SPAN, span).to_pylist()[0]
        state = f"{said['rows']} {said['last']} {window}"
    about = (lake.database.url, dataset.name, dataset.title, dataset.licences, dataset.attribution)
    named = [(one.name, one.type, one.meaning, one.unit) for one in list_columns(dataset)]
    return hashlib.sha256(f"{state} {about} {named}".encode()).hexdigest()[:32]
