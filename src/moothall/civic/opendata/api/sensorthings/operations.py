"""What can be asked of SensorThings by machine, as a table: one row for each operation."""

from collections.abc import Iterator

from moothall.civic.opendata.queries.examples import Examples
from moothall.standards.openapi import Operation, Parameter

JSON = "application/json"
SETS = (
    *("Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors"),
    *("ObservedProperties", "Observations", "FeaturesOfInterest"),
)
STA = "/api/sta/v1.1"


def list_things(eg: Examples) -> Iterator[Operation]:
    """Return every operation, with examples out of this city."""
    group, number = "sensorthings", {"type": "integer", "minimum": 0}
    asked = (
        Parameter(name="$top", meaning="How many at most.", example="2", schema=number),
        Parameter(name="$skip", meaning="How many to leave out.", example="0", schema=number),
        Parameter(name="$count", meaning="Whether to count.", example="true"),
        Parameter(name="$filter", meaning="A condition.", example="id ne 'x'"),
        Parameter(name="$orderby", meaning="In which order.", example="id desc"),
        Parameter(name="$select", meaning="What to give.", example="id"),
        Parameter(name="$expand", meaning="What to give along with it.", example=""),
    )
    yield Operation(
        id="things_root",
        path=f"{STA}/",
        group=group,
        summary="What is here and what it conforms to",
        faults=(),
    )
    made = {"201": "Made; Location says where.", "400": "Cannot be read.", "403": "Not here."}
    thing = {"name": "Lamp 12", "description": "A lamp post with a thermometer"}
    stream = {"Datastream": {"@iot.id": eg.series}}
    bodies = {"Things": thing, "Observations": {**stream, "result": 12.5}}
    said = {
        "components": ["phenomenonTime", "result"],
        "dataArray": [[f"{eg.day}T12:00:00Z", 12.5]],
    }
    for name in SETS:
        yield Operation(
            id=f"list_{name}",
            path=f"{STA}/{name}",
            group=group,
            summary=f"{name}, a page at a time",
            parameters=asked,
            statuses={"400": "A parameter cannot be read; the answer says what mends it."},
            faults=(),
        )
        yield Operation(
            id=f"make_{name}",
            path=f"{STA}/{name}",
            group=group,
            summary=f"Make one of {name}",
            method="post",
            statuses=made,
            faults=(),
            takes=JSON,
            sends=bodies.get(name),
            key=True,
        )
    sets = {"type": "string", "enum": list(SETS)}
    one = (
        Parameter(name="set", meaning="A set.", example="Datastreams", schema=sets, place="path"),
        Parameter(
            name="id",
            meaning="An id; a text stands in single quotes.",
            example=f"'{eg.series}'" * bool(eg.series),
            place="path",
            required=True,
        ),
    )
    for method, summary in (
        ("get", "One thing of a set"),
        ("patch", "Change what is given of a thing"),
        ("put", "Put another in the place of a thing"),
        ("delete", "Remove a thing"),
    ):
        writes = method != "get"
        yield Operation(
            id=f"{method}_one",
            path=f"{STA}/{{set}}({{id}})",
            group=group,
            summary=summary,
            method=method,
            parameters=one,
            statuses={
                **({"200": "Done."} if writes else {}),
                "404": "No such thing; the answer says which.",
            },
            faults=(),
            takes=JSON if method in {"patch", "put"} else "",
            sends=thing if method in {"patch", "put"} else None,
            key=writes,
        )
    asks = {"id": "1", "method": "get", "url": "Things?$top=1"}
    for name, summary, body in (
        (
            "CreateObservations",
            "Many observations at once (the extension dataArray)",
            [stream | said],
        ),
        ("$batch", "Several requests in one", {"requests": [asks]}),
    ):
        yield Operation(
            id=name.lstrip("$"),
            path=f"{STA}/{name}",
            group=group,
            summary=summary,
            method="post",
            statuses={"200": "What became of each.", **made},
            faults=(),
            takes=JSON,
            sends=body,
            key=True,
        )
