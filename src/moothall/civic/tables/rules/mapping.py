"""What a pack says of an open table: which column is which. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from moothall.standards.opentable import LAT, LON, Layout
from moothall.values.observations import Column, Kind

SERVICE = "tables"
MISSING = ("", "-", "--", "n/a", "N/A", "null", "NULL", "nan", "NaN", "None")

NUMBER, TEXT = "number", "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One quantity of each thing of the table: a series.

    Units:   `unit` is a UCUM code; what the column says is multiplied by `factor` to come to it.
    """

    key: str
    title: str
    column: str
    unit: str = "1"
    one: str = ""
    """What a single one is called, of a count: "space" of `{spaces}`."""
    text: bool = False
    factor: float = 1.0
    least: float | None = None
    most: float | None = None
    most_column: str = ""
    where: tuple[tuple[str, str], ...] = ()
    """In a table of one value a row: what other columns say on the rows that are meant."""
    words: tuple[tuple[str, str], ...] = ()
    """What the publisher's codes mean, of a category."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing the table says of each of its things, which is no measurement."""

    key: str
    title: str
    column: str
    unit: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An open table, and what stands where in it."""

    name: str
    title: str
    summary: str
    publisher: str
    source: str
    licence: str
    attribution: str
    url: str
    secret_headers: tuple[tuple[str, str], ...]
    every: timedelta
    stale_after: timedelta
    layout: Layout
    decimal: str
    missing: frozenset[str]
    time: str
    zone: str
    as_of: str
    only_in_box: bool
    id: str
    label: str
    at: tuple[str, ...]
    lat: str
    lon: str
    measures: tuple[Measure, ...]
    told: tuple[Told, ...]

    @property
    def feed(self) -> str:
        """The name of its feed."""
        return f"{SERVICE}.{self.name}"

    @property
    def kind(self) -> Kind:
        """The things it lists, as a kind of record."""
        return Kind(
            name=f"{SERVICE}.{self.name}_things",
            title=f"{self.title}: what is listed",
            summary=self.summary,
            columns=(
                Column(name="name", meaning="its name"),
                *(
                    Column(
                        name=one.key,
                        type="number" if one.number else "string",
                        unit=one.unit,
                        meaning=one.title,
                    )
                    for one in self.told
                ),
            ),
            geometry="Point" if self.lat else None,
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        named = [self.id, self.label, *self.at, self.lat, self.lon]
        for measure in self.measures:
            named += [measure.column, measure.most_column, *(key for key, _ in measure.where)]
        named += [one.column for one in self.told]
        return tuple(dict.fromkeys(name for name in named if name and name not in {LON, LAT}))


def read_table(name: str, stated: Mapping[str, Any], *, zone: str) -> Table:
    """Read what a pack states of a table; one without fault."""
    columns = stated["columns"]
    at = columns.get("at", ())
    publisher, licence = stated["publisher"], stated["licence"]
    geojson = stated["format"] == "geojson"
    every = timedelta(minutes=stated.get("every_minutes", 15))
    return Table(
        name=name,
        title=stated["title"],
        summary=stated.get("summary", stated["title"]),
        publisher=publisher,
        source=stated["source"],
        licence=licence,
        attribution=stated.get("attribution") or f"{publisher}, {licence}",
        url=stated.get("url", ""),
        secret_headers=tuple(stated.get("secret_headers", {}).items()),
        every=every,
        stale_after=timedelta(minutes=stated["stale_after_minutes"])
        if "stale_after_minutes" in stated
        else max(3 * every, timedelta(minutes=30)),
        layout=Layout(
            format=stated["format"],
            rows=stated.get("rows", ""),
            delimiter=stated.get("delimiter", ","),
            heading=stated.get("heading", True),
            skip_lines=stated.get("skip_lines", 0),
            encoding=stated.get("encoding", ""),
        ),
        decimal=stated.get("decimal", "."),
        missing=frozenset((*MISSING, *map(str, stated.get("missing", ())))),
        time=stated.get("time", "iso"),
        zone=stated.get("time_zone", zone),
        as_of=stated.get("as_of", ""),
        only_in_box=stated.get("only_in_box", False),
        id=columns["id"],
        label=columns.get("name", ""),
        at=(at,) if isinstance(at, str) else tuple(at),
        lat=columns.get("lat", LAT if geojson else ""),
        lon=columns.get("lon", LON if geojson else ""),
        measures=tuple(_measure(row) for row in stated.get("measure", ())),
        told=tuple(
            Told(
                key=row["key"],
                title=row["title"],
                column=row["column"],
                unit=row.get("unit", ""),
                number=row.get("type") == NUMBER,
            )
            for row in stated.get("fact", ())
        ),
    )


def _measure(row: Mapping[str, Any]) -> Measure:
    text = row.get("type") == TEXT
    return Measure(
        key=row["key"],
        title=row["title"],
        column=row["column"],
        unit="" if text else row.get("unit", "1"),
        one=row.get("one", ""),
        text=text,
        factor=float(row.get("factor", 1)),
        least=row.get("least"),
        most=row.get("most"),
        most_column=row.get("most_column", ""),
        where=tuple((key, str(value)) for key, value in row.get("where", {}).items()),
        words=tuple((key, str(value)) for key, value in row.get("words", {}).items()),
    )
