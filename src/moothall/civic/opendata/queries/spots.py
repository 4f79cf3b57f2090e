"""Where the rows of a dataset are, for a map: each place once, with what its newest row says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson

from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.rows import ROW, Asking
from moothall.civic.opendata.queries.sources import EDGES, quoted
from moothall.civic.opendata.rules.filtering import Question
from moothall.kernel.keeping import kept
from moothall.kernel.places import queries as places

MOST = 2_000
"""Places that a map has room for."""
NEARLY = 0.0008
"""How far a drawn outline may be from the true one, in degrees: a dot or so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One place on a map."""

    id: str
    title: str
    words: str
    url: str
    geometry: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spots:
    """The places of the rows asked for."""

    spots: tuple[Spot, ...]
    left_out: int
    """Places that there was no room for."""
    missing: int
    """Rows without a place."""


def read_spots(dataset: Dataset, question: Question) -> Spots:
    """Return where the rows asked for are; errors: UnableToAnswer."""
    asking = Asking(dataset, question, boxed=True)
    if asking.source.box is None:
        return Spots(spots=(), left_out=0, missing=0)
    return _measured(asking) if asking.feed else _listed(asking)


def _measured(asking: Asking) -> Spots:
    """Take each series once, with its newest value."""
    named = ("lon", ROW)
    found = asking.run(
        "SELECT series, any_value(thing) AS thing, any_value(property) AS property,"
        " any_value(unit) AS unit, any_value(lon) AS lon, any_value(lat) AS lat,"
        ' arg_max(coalesce(CAST("value" AS VARCHAR), "text"), "at") AS said, count(*) OVER () AS n'
        " FROM (SELECT s.key AS series, s.thing, s.observed_property AS property, s.unit, s.lon,"
        f' s.lat, m.value, m.text, m."at" FROM {asking.rows("s.lon IS NOT NULL", of=named)})'
        f" GROUP BY series ORDER BY series LIMIT {MOST}"
    ).to_pylist()
    (nowhere,) = asking.run(
        f"SELECT count(*) AS n FROM {asking.rows('s.lon IS NULL', of=named)}"
    ).to_pylist()
    spots = tuple(
        Spot(
            id=row["series"],
            title=row["thing"],
            words=f"{row['property']}: {row['said'] or ''} {row['unit']}".strip(),
            url=f"/data/series/{row['series']}/",
            geometry={"type": "Point", "coordinates": [row["lon"], row["lat"]]},
        )
        for row in found
    )
    left = found[0]["n"] - len(found) if found else 0
    return Spots(spots=spots, left_out=left, missing=nowhere["n"])


def _listed(asking: Asking) -> Spots:
    dataset, source = asking.dataset, asking.source
    west = source.box[0] if source.box else EDGES[0]
    label = _label(asking)
    said = [one.name for one in dataset.columns if one.name not in {label, "id", "geometry"}][:3]
    columns = ", ".join(
        f"CAST({asking.sql(name)} AS VARCHAR) AS {quoted(name)}"
        for name in dict.fromkeys((label, *said))
    )
    found = asking.run(
        f"SELECT {columns}, {source.row} AS {quoted(ROW)}, {asking.sql('geometry')} AS geometry,"
        f" count(*) OVER () AS n FROM {asking.rows(f'{west} IS NOT NULL')}"
        f" ORDER BY {source.tie} LIMIT {MOST}"
    ).to_pylist()
    (nowhere,) = asking.run(
        f"SELECT count(*) AS n FROM {asking.rows(f'{west} IS NULL')}"
    ).to_pylist()
    record = f"/data/{dataset.name}/records/"
    spots = tuple(
        Spot(
            id=str(row[ROW]),
            title=row[label] or str(row[ROW]),
            words="; ".join(f"{name}: {row[name]}" for name in said if row[name] is not None),
            url=f"{record}{quote(str(row[ROW]), safe='')}/" if dataset.kind is not None else "",
            geometry=orjson.loads(row["geometry"]),
        )
        for row in found
    )
    left = found[0]["n"] - len(found) if found else 0
    return Spots(spots=spots, left_out=left, missing=nowhere["n"])


def _label(asking: Asking) -> str:
    """Choose the column that names a row to a person."""
    names = [one.name for one in asking.source.columns]
    kind = asking.dataset.kind
    if kind is not None:
        return kind.label if kind.label in names else "id"
    texts = [one.name for one in asking.source.columns if one.type == "string"]
    named = [name for name in texts if name.lower() in {"name", "title", "label"}]
    return next(iter([*named, *texts, *names]))


def read_ground(now: datetime) -> tuple[Mapping[str, Any], ...]:
    """Return the outlines of the city's wards, as plain as a small map needs them."""
    ground: tuple[Mapping[str, Any], ...] = kept.keep("ground", now, _plain, about=("places",))
    return ground


def _plain() -> tuple[Mapping[str, Any], ...]:
    import shapely
    from shapely.geometry import mapping, shape

    found = [
        shapely.simplify(shape(one.geometry), NEARLY)
        for one in places.list_ward_outlines()
        if one.geometry
    ]
    return tuple(mapping(one) for one in found if not one.is_empty)
