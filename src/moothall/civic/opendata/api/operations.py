"""What can be asked of open data by machine, as a table: one row for each operation."""

from collections.abc import Iterator

from moothall.civic.opendata.api.sensorthings.operations import list_things
from moothall.civic.opendata.queries.examples import Examples
from moothall.standards.dcat.words import FORMS
from moothall.standards.openapi import Operation, Parameter

GROUPS = {
    "downloads": "Downloads: whole datasets as files, with their descriptions",
    "rows": "Rows: chosen, sorted and searched",
    "questions": "Questions in SQL",
    "catalogue": "The catalogue: DCAT 3, DCAT-AP 3.0.1 and data.json",
    "ckan": "CKAN Action API, as its readers use it",
    "features": "OGC API - Features, parts 1 to 3, and vector tiles",
    "sensorthings": "OGC SensorThings API 1.1",
    "live": "The city now, and what changes as it happens",
    "reports": "What must be published, what was harvested, how sources are doing",
    "sending": "Sending data in, with a key",
}
CSV, JSON, GEOJSON = "text/csv", "application/json", "application/geo+json"
FILES = {name: form.media_type for name, form in FORMS.items()}
GRAPHS = {"ttl": "text/turtle", "jsonld": "application/ld+json", "rdf": "application/rdf+xml"}
COUNT = {"type": "integer", "minimum": 0}
SAME = {"304": "As the asker has it already (If-None-Match)."}
PARTS = {**SAME, "206": "The part asked for.", "416": "There is no such part."}
OTHERWISE = {"404": "No such thing; the answer says which."}


def list_operations(eg: Examples) -> tuple[Operation, ...]:
    """Return every operation, with examples out of this city."""
    parts = (
        _downloads,
        _rows,
        _questions,
        _catalogue,
        _ckan,
        list_things,
        _live,
        _reports,
        _sending,
    )
    return tuple(one for part in parts for one in part(eg))


def _path(name: str, meaning: str, example: str) -> Parameter:
    return Parameter(name=name, meaning=meaning, example=example, place="path", required=True)


def _dataset(example: str) -> Parameter:
    return _path("name", "A dataset, by its name in the catalogue.", example)


def _span(eg: Examples) -> tuple[Parameter, ...]:
    return (
        Parameter(name="from", meaning="From this day or instant on.", example=eg.day),
        Parameter(name="until", meaning="Before this day or instant.", example=eg.day_after),
    )


def _downloads(eg: Examples) -> Iterator[Operation]:
    group = "downloads"
    part = Parameter(name="Range", meaning="A part: bytes.", example="bytes=0-99", place="header")
    known = Parameter(name="If-None-Match", meaning="The ETag one has.", place="header")
    version = (
        Parameter(name="version", meaning="Of an officers' table: a version by number."),
        Parameter(name="as_of", meaning="Of an officers' table: as it stood at an instant."),
    )
    for form, kind in FILES.items():
        yield Operation(
            id=f"download_{form}",
            path=f"/data/{{name}}.{form}",
            group=group,
            summary=f"A dataset as {form}, over a span of time or all of it",
            parameters=(_dataset(eg.dataset), *_span(eg), *version, part, known),
            gives=(kind,),
            statuses=PARTS,
            faults=("400", "404", "410", "503"),
        )
    for id, path, what, kind in (
        ("package", ".datapackage.json", "A dataset as a Frictionless Data Package", JSON),
        (
            "csvw",
            ".csv-metadata.json",
            "A dataset's CSV, described (CSVW)",
            "application/csvm+json",
        ),
        (
            "schema",
            "/schema.json",
            "A dataset's columns, as JSON Schema",
            "application/schema+json",
        ),
        ("bibtex", ".bib", "How to cite a dataset, as BibTeX", "application/x-bibtex"),
    ):
        yield Operation(
            id=id,
            path=f"/data/{{name}}{path}",
            group=group,
            summary=what,
            parameters=(_dataset(eg.dataset),),
            gives=(kind,),
        )
    forms = {"type": "string", "enum": ["csv", "parquet"], "default": "csv"}
    yield Operation(
        id="everything",
        path="/data/everything.zip",
        group=group,
        summary="Every dataset in one file, with its description",
        parameters=(
            Parameter(name="form", meaning="The form of files.", example="csv", schema=forms),
            *_span(eg),
        ),
        gives=("application/zip",),
        statuses=PARTS,
        faults=("400", "503"),
    )


def _rows(eg: Examples) -> Iterator[Operation]:
    asked = (
        Parameter(name="_q", meaning="Words, each of which some column holds.", example="a"),
        Parameter(name="_sort", meaning="Columns; a minus turns one round.", example="-origin"),
        Parameter(name="_columns", meaning="A column to give; may repeat.", example="origin"),
        Parameter(
            name="origin__eq",
            meaning="As all of column__op=value: eq, ne, lt, le, gt, ge, contains, starts, in.",
            example="live",
        ),
    )
    box = Parameter(name="_box", meaning="West, south, east, north.", example="-1.6,53.7,-1.4,53.9")
    for form in ("csv", "json", "geojson"):
        placed = form == "geojson"
        yield Operation(
            id=f"rows_{form}",
            path=f"/data/{{name}}/table.{form}",
            group="rows",
            summary=f"Exactly the rows of a table that are asked for, as {form}",
            parameters=(
                _dataset(eg.placed if placed else eg.dataset),
                *asked,
                *((box,) if placed else ()),
            ),
            gives=(FILES[form],),
            faults=("400", "404", "503"),
        )
    yield Operation(
        id="marks",
        path="/data/{name}/map.geojson",
        group="rows",
        summary="The rows of a map",
        parameters=(_dataset(eg.placed), *asked[:1], box),
        gives=(GEOJSON,),
    )
    yield Operation(
        id="faults",
        path="/data/{name}/faults.csv",
        group="rows",
        summary="What was found wrong in the file of an officers' table",
        parameters=(_dataset(eg.table),),
        gives=(CSV,),
    )


def _questions(eg: Examples) -> Iterator[Operation]:
    sql = f"SELECT count(*) AS rows FROM {eg.view}" if eg.view else "SELECT 1 AS one"
    for form in ("csv", "json"):
        yield Operation(
            id=f"ask_{form}",
            path=f"/data/sql.{form}",
            group="questions",
            summary=f"The answer to a question in SQL, as {form}",
            parameters=(Parameter(name="sql", meaning="One SELECT.", example=sql, required=True),),
            gives=(FILES[form],),
            faults=("400", "503"),
        )
        yield Operation(
            id=f"question_{form}",
            path=f"/data/questions/{{slug}}.{form}",
            group="questions",
            summary=f"The answer to a published question, as {form}",
            parameters=(_path("slug", "A question, by its name.", eg.question),),
            gives=(FILES[form],),
            faults=("400", "404", "503"),
        )


def _catalogue(eg: Examples) -> Iterator[Operation]:
    group = "catalogue"
    yield Operation(
        id="data_json",
        path="/data.json",
        group=group,
        summary="Every dataset, as data.json (POD) and with how its feeds are doing",
        statuses=SAME,
    )
    for form, kind in GRAPHS.items():
        yield Operation(
            id=f"catalogue_{form}",
            path=f"/catalog.{form}",
            group=group,
            summary=f"The catalogue in DCAT, as {form}",
            gives=(kind,),
            statuses=SAME,
        )
        yield Operation(
            id=f"dataset_{form}",
            path=f"/data/{{name}}.{form}",
            group=group,
            summary=f"One dataset in DCAT, as {form}",
            parameters=(_dataset(eg.dataset),),
            gives=(kind,),
            statuses=SAME,
        )


def _ckan(eg: Examples) -> Iterator[Operation]:
    pages = tuple(
        Parameter(name=name, meaning=meaning, example=example, schema=COUNT)
        for name, meaning, example in (
            ("limit", "How many at most.", "10"),
            ("offset", "How many to leave out.", "0"),
        )
    )

    def by(example: str, name: str = "id") -> Parameter:
        return Parameter(name=name, meaning="Its id or name.", example=example, required=True)

    found = (
        Parameter(name="q", meaning="Words.", example="a"),
        Parameter(name="rows", meaning="How many at most.", example="5", schema=COUNT),
        Parameter(name="start", meaning="How many to leave out.", example="0", schema=COUNT),
        Parameter(name="sort", meaning="In which order.", example="title_string asc"),
    )
    rows = (
        by(eg.dataset, "resource_id"),
        Parameter(name="q", meaning="Words in any column.", example="a"),
        Parameter(name="sort", meaning="Columns, each asc or desc.", example="origin desc"),
        Parameter(name="fields", meaning="Columns to give.", example="origin"),
        Parameter(name="filters", meaning="As JSON.", example='{"origin": "live"}'),
        *pages,
    )
    for action, summary, asked in (
        ("package_list", "The names of all datasets", pages),
        ("package_search", "Find datasets", found),
        ("package_show", "One dataset", (by(eg.dataset),)),
        ("resource_show", "One file of a dataset", (by(eg.resource),)),
        ("datastore_search", "Rows of a dataset", rows),
        ("organization_list", "Who publishes", pages),
        ("organization_show", "One publisher", (by(eg.publisher),)),
        ("group_list", "The themes", pages),
        ("group_show", "One theme", (by(eg.theme),)),
        ("tag_list", "The keywords", pages),
        ("tag_show", "One keyword", (by(eg.keyword),)),
        ("status_show", "What answers here", ()),
        ("site_read", "Whether anybody may read", ()),
    ):
        yield Operation(
            id=action,
            path=f"/api/3/action/{action}",
            group="ckan",
            summary=summary,
            parameters=asked,
            statuses={**OTHERWISE, "409": "A parameter cannot be read; the answer names it."},
            faults=(),
        )


def _live(eg: Examples) -> Iterator[Operation]:
    group, number = "live", {"type": "number"}
    heard = (
        Parameter(name="series", meaning="Series, with commas between.", example=eg.series),
        Parameter(name="prefix", meaning="How keys begin.", example=eg.series.split(".")[0]),
        Parameter(name="feed", meaning="Of one feed.", example=eg.feed),
        Parameter(name="near", meaning="Longitude, latitude.", example="-1.55,53.8"),
        Parameter(name="within_m", meaning="How near.", example="1000", schema=number),
    )
    last = Parameter(name="Last-Event-ID", meaning="Go on behind this event.", place="header")
    yield Operation(
        id="events",
        path="/live/events",
        group=group,
        summary="What changes, as it happens: server-sent events",
        parameters=(*heard, last),
        gives=("text/event-stream",),
        faults=("400",),
    )
    for id, path, kind in (("latest", "", JSON), ("latest_geojson", ".geojson", GEOJSON)):
        yield Operation(
            id=id,
            path=f"/live/latest{path}",
            group=group,
            summary="The newest value of each series",
            parameters=heard,
            gives=(kind,),
            statuses=SAME,
            faults=("400", "503"),
        )
    for id, path, summary, kind in (
        ("now", "/now.json", "City now: the cards of the page, as data", JSON),
        ("now_features", "/now/features.geojson", "What the map of the city shows", GEOJSON),
        ("outline", "/now/outline.geojson", "The wards of the city", GEOJSON),
        ("healthz", "/healthz", "Whether the house answers", "text/plain"),
    ):
        yield Operation(id=id, path=path, group=group, summary=summary, gives=(kind,), faults=())


def _reports(eg: Examples) -> Iterator[Operation]:
    for form in ("csv", "json"):
        for id, path, summary in (
            ("transparency", "/data/transparency", "What the council must publish, and whether"),
            ("sources", "/status", "How each source is doing"),
        ):
            yield Operation(
                id=f"{id}_{form}",
                path=f"{path}.{form}",
                group="reports",
                summary=f"{summary}, as {form}",
                gives=(FILES[form],),
                faults=(),
            )
        yield Operation(
            id=f"harvest_{form}",
            path=f"/data/catalogues/{{source}}.{form}",
            group="reports",
            summary=f"What came of asking another catalogue, as {form}",
            parameters=(_path("source", "A catalogue that is followed.", eg.catalogue),),
            gives=(FILES[form],),
        )
    raw = (
        _path("name", "A feed.", eg.feed),
        _path("sha256", "A payload of it, by its hash.", eg.payload),
    )
    for id, end, summary, kind in (
        ("raw", "", "A payload as it came", "application/octet-stream"),
        ("parsed", ".json", "A payload as it was understood", JSON),
    ):
        yield Operation(
            id=id,
            path=f"/data/feeds/{{name}}/raw/{{sha256}}{end}",
            group="reports",
            summary=summary,
            parameters=raw,
            gives=(kind,),
        )


def _sending(eg: Examples) -> Iterator[Operation]:
    yield Operation(
        id="ingest",
        path="/ingest/{feed}/",
        group="sending",
        summary="Push a payload for a feed, as its publisher writes it",
        method="post",
        parameters=(_path("feed", "A feed that takes pushed payloads.", eg.feed),),
        statuses={
            "201": "Taken in: the answer counts what was new.",
            "200": "It was there before.",
            "413": "Too large.",
            "422": "Cannot be read.",
            "503": "Send again later.",
        },
        faults=(),
        takes="application/octet-stream",
        sends="the payload",
        key=True,
    )
