"""Takes many observations in at once: a wrong one is left out, and does not hold up the others."""

from collections.abc import Sequence

from moothall.civic.opendata.actions.sensorthings import columns, creating, observing
from moothall.civic.opendata.actions.sensorthings.observing import Said
from moothall.civic.opendata.actions.sensorthings.session import (
    NotYours,
    Session,
    UnableToFindEntity,
)
from moothall.civic.opendata.queries.sensorthings.kept import Kept
from moothall.standards.sensorthings import arrays
from moothall.standards.sensorthings.arrays import Rows
from moothall.standards.sensorthings.bodies import UnableToWrite

_REFUSED = (UnableToWrite, UnableToFindEntity, NotYours, ValueError, OverflowError)


def ingest(session: Session, groups: Sequence[Rows]) -> list[str | None]:
    """Take in every row of every stream, in order; return the id of each, None where it is wrong.

    Shape:   what is sent again has the id it had.
    """
    return [id_ for group in groups for id_ in _group(session, group)]


def _group(session: Session, group: Rows) -> list[str | None]:
    try:
        stream = session.get_own("Datastreams", group.stream)
    except _REFUSED:
        return [None] * len(group.rows)
    plain = columns.take(session, stream, group)
    if plain is not None:
        return list(plain)
    said = _read(session, stream, group)
    spans: dict[str, tuple[int, int]] = {}
    for one in said:
        if one is not None:
            first, last = spans.get(one.key, (one.at, one.at))
            spans[one.key] = (min(first, one.at), max(last, one.at))
    for key, span in spans.items():
        # What the lake holds of the same span is read at once, not row by row.
        session.rows.series(key, over=span)
    stream = session.find("Datastreams", stream.id) or stream
    return [None if one is None else _place(session, stream, one) for one in said]


def _place(session: Session, stream: Kept, said: Said) -> str | None:
    try:
        return observing.place(session, stream, said)[0]
    except _REFUSED:
        return None


def _read(session: Session, stream: Kept, group: Rows) -> list[Said | None]:
    """Read each row; of the features they are of, each is looked for once."""
    read_row = arrays.values_of(group)
    features: dict[str | None, str | None] = {}
    declared: set[str] = set()
    found: list[Said | None] = []
    nobody_said_when = 0
    for row in group.rows:
        try:
            values, named = read_row(row)
            if named not in features:
                features[named] = _feature(session, stream, named)
            feature = features[named]
            if feature is None:
                found.append(None)
                continue
            one = observing.read(session.now, stream, values, feature)
        except _REFUSED:
            found.append(None)
            continue
        if one.key not in declared:
            declared.add(one.key)
            stream = observing.declare(session, stream, one.key, feature)
        if not values.get("phenomenonTime"):
            one = one._replace(at=one.at + nobody_said_when)
            nobody_said_when += 1
        found.append(one)
    return found


def _feature(session: Session, stream: Kept, named: str | None) -> str | None:
    try:
        if named is None:
            return creating.default_feature(session, stream)
        return session.get("FeaturesOfInterest", named).id
    except _REFUSED:
        return None
