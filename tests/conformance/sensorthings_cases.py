"""The requirements of SensorThings 1.1, class by class: what is asked, and what must be answered.

Source:   18-088, annex A

A case is a request, a status, and what the answer must hold: by path, a value, a type, or `...` for
anything. `#` is how many there are. What a case makes, later ones of its class find.
"""

from moothall.standards.sensorthings.model import ENTITIES

OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_"
POINT = {"type": "Point", "coordinates": [-1.54, 53.8]}
LOCATION = {"name": "L", "description": "l", "encodingType": "application/vnd.geo+json",
            "location": POINT}  # fmt: skip
SENSOR = {"name": "S", "description": "s", "encodingType": "text/html", "metadata": "x"}
PROPERTY = {"name": "P", "description": "p", "definition": "http://p"}
UNIT = {"name": "degree", "symbol": "C", "definition": "ucum:Cel"}
STREAM = {"name": "D", "description": "d", "observationType": f"{OM}Measurement",
          "unitOfMeasurement": UNIT, "Sensor": SENSOR, "ObservedProperty": PROPERTY}  # fmt: skip
FEATURE = {"name": "F", "description": "f", "encodingType": "application/geo+json",
           "feature": POINT}  # fmt: skip


def seen(hour, result):
    """An observation at an hour of a day."""
    return {"phenomenonTime": f"2026-01-05T{hour:02}:00:00.000Z", "result": result}


THING = {"name": "T", "description": "t", "properties": {"a": {"b": 1}}, "Locations": [LOCATION],
         "Datastreams": [{**STREAM, "Observations": [seen(n, n) for n in range(5)]}]}  # fmt: skip
ONE = {name: f"{name}(1)" for name in ENTITIES if name != "Observations"}
HERE = "Datastreams(1)/Observations"

MADE = [("POST", "Things", THING, 201, {"@iot.id": 1, "name": "T"})]

DATA_MODEL = [
    ("GET", "", None, 200, {"value/#": 8, "serverSettings/conformance/#": ...}),
    *(
        ("GET", path, None, 200, {"@iot.id": 1, "@iot.selfLink": str}
         | dict.fromkeys(ENTITIES[name].required, ...)
         | {f"{link}@iot.navigationLink": str for link in ENTITIES[name].links})
        for name, path in ONE.items()
    ),
    ("GET", "Things(1)", None, 200, {"properties/a/b": 1}),
    ("GET", "Datastreams(1)", None, 200, {"unitOfMeasurement/symbol": "C", "phenomenonTime": str}),
    ("GET", "Observations?$top=1", None, 200,
     {"value/0/result": 0, "value/0/resultTime": None, "value/0/phenomenonTime": str}),
]  # fmt: skip

RESOURCE_PATH = [
    *(("GET", name, None, 200, {"value/#": ...}) for name in ENTITIES),
    *(("GET", f"{name}(99)", None, 404, {"message": str}) for name in ENTITIES),
    *(("GET", f"{name}('none')", None, 404, {}) for name in ENTITIES),
    *(
        ("GET", f"{ONE[name]}/{link}", None, 200, {"value/#": ...} if to.many else {"@iot.id": 1})
        for name in ONE
        for link, to in ENTITIES[name].links.items()
    ),
    ("GET", "Things(1)/Datastreams(1)/Sensor/Datastreams", None, 200, {"value/0/@iot.id": 1}),
    ("GET", "Things(1)/Datastreams(2)", None, 404, {}),
    ("GET", "Things(1)/name", None, 200, {"name": "T"}),
    ("GET", "Things(1)/name/$value", None, 200, {}),
    ("GET", "Things(1)/properties/a", None, 200, {"a/b": 1}),
    ("GET", "Things(1)/Datastreams/$ref", None, 200, {"value/0/@iot.selfLink": str}),
    ("GET", "Things(1)/nothing", None, 404, {}),
    ("GET", "Nothings", None, 404, {}),
    ("GET", "Things(x", None, 404, {}),
]

OPTIONS = [
    ("GET", f"{HERE}?$top=2", None, 200, {"value/#": 2, "@iot.nextLink": str}),
    ("GET", f"{HERE}?$top=2&$skip=4", None, 200, {"value/#": 1}),
    ("GET", f"{HERE}?$top=0&$count=true", None, 200, {"value/#": 0, "@iot.count": 5}),
    ("GET", f"{HERE}?$count=maybe", None, 400, {}),
    ("GET", f"{HERE}?$top=-1", None, 400, {}),
    ("GET", f"{HERE}?$orderby=result desc", None, 200, {"value/0/result": 4}),
    ("GET", f"{HERE}?$orderby=phenomenonTime asc,result", None, 200, {"value/0/result": 0}),
    ("GET", f"{HERE}?$orderby=nothing", None, 400, {}),
    ("GET", f"{HERE}?$select=result,id", None, 200, {"value/0/result": 0, "value/0/@iot.id": str}),
    ("GET", f"{HERE}?$select=nothing", None, 400, {}),
    ("GET", "Things?$expand=Locations,Datastreams/Observations", None, 200,
     {"value/0/Locations/#": 1, "value/0/Datastreams/0/Observations/#": 5}),
    ("GET", "Things(1)?$expand=Datastreams($select=name;$expand=Observations($top=1;$count=true))",
     None, 200, {"Datastreams/0/Observations@iot.count": 5, "Datastreams/0/Observations/#": 1}),
    ("GET", "Things?$expand=Nothing", None, 400, {}),
    ("GET", "Things?$unknown=1", None, 400, {}),
    *(
        ("GET", f"{HERE}?$filter={question}&$count=true", None, 200, {"@iot.count": count})
        for question, count in {
            "result eq 2": 1,
            "result ne 2": 4,
            "result gt 2": 2,
            "result ge 2": 3,
            "result lt 2": 2,
            "result le 2": 3,
            "result gt 1 and result lt 4": 2,
            "result eq 1 or result eq 4": 2,
            "not result eq 1": 4,
            "(result add 1) eq 2": 1,
            "(result sub 1) eq 2": 1,
            "(result mul 2) eq 4": 1,
            "(result div 2) eq 2": 1,
            "(result mod 2) eq 0": 3,
            "round(result) eq 3": 1,
            "floor(result) eq 3": 1,
            "ceiling(result) eq 3": 1,
            "year(phenomenonTime) eq 2026": 5,
            "month(phenomenonTime) eq 1": 5,
            "day(phenomenonTime) eq 5": 5,
            "hour(phenomenonTime) eq 3": 1,
            "minute(phenomenonTime) eq 0": 5,
            "second(phenomenonTime) eq 0": 5,
            "fractionalseconds(phenomenonTime) eq 0": 5,
            "date(phenomenonTime) eq date(2026-01-05T10:00:00Z)": 5,
            "phenomenonTime lt now()": ...,
            "phenomenonTime ge 2026-01-05T03:00:00Z": 2,
            "before(phenomenonTime,2026-01-05T02:00:00Z)": 2,
            "after(phenomenonTime,2026-01-05T02:00:00Z)": 2,
            "during(phenomenonTime,2026-01-05T01:00:00Z/2026-01-05T03:00:00Z)": 2,
            "overlaps(phenomenonTime,2026-01-05T01:00:00Z/2026-01-05T03:00:00Z)": 2,
            "Datastream/Thing/name eq 'T'": 5,
            "startswith(Datastream/name,'D')": 5,
            "st_within(FeatureOfInterest/feature,geography'POLYGON((-2 53,-1 53,-1 54,-2 54,-2 53))')": 5,  # noqa: E501
        }.items()
    ),
    *(
        ("GET", f"Things?$filter={question}&$count=true", None, 200, {"@iot.count": count})
        for question, count in {
            "name eq 'T'": 1,
            "substringof('T',name)": 1,
            "endswith(name,'T')": 1,
            "startswith(name,'X')": 0,
            "length(name) eq 1": 1,
            "indexof(name,'T') eq 0": 1,
            "substring(name,0) eq 'T'": 1,
            "tolower(name) eq 't'": 1,
            "toupper(description) eq 'T'": 1,
            "trim(name) eq 'T'": 1,
            "concat(name,description) eq 'Tt'": 1,
            "properties/a/b eq 1": 1,
            "id eq 1": 1,
            "Datastreams/Observations/result eq 4": 1,
            "Locations/name eq 'L'": 1,
            "geo.distance(Locations/location,geography'POINT(-1.54 53.8)') lt 0.1": 1,
            "geo.intersects(Locations/location,geography'POINT(-1.54 53.8)')": 1,
            "st_equals(Locations/location,geography'POINT(-1.54 53.8)')": 1,
            "st_disjoint(Locations/location,geography'POINT(0 0)')": 1,
        }.items()
    ),
    ("GET", "Things?$filter=name eq", None, 400, {}),
    ("GET", "Things?$filter=nome eq 'T'", None, 400, {}),
    ("GET", "Observations?$resultFormat=dataArray", None, 200,
     {"value/0/components/#": ..., "value/0/dataArray/#": 5, "value/0/dataArray@iot.count": 5}),
]  # fmt: skip

CREATING = [
    ("POST", "Sensors", SENSOR, 201, {"@iot.id": 2}),
    ("POST", "ObservedProperties", PROPERTY, 201, {"@iot.id": 2}),
    ("POST", "Locations", LOCATION, 201, {"@iot.id": 2}),
    ("POST", "FeaturesOfInterest", FEATURE, 201, {"@iot.id": 2}),
    ("POST", "Datastreams", {**STREAM, "Thing": {"@iot.id": 1}, "Sensor": {"@iot.id": 2},
                             "ObservedProperty": {"@iot.id": 2}}, 201, {"@iot.id": 2}),
    ("POST", "Observations", {**seen(9, 9), "Datastream": {"@iot.id": 2},
                              "FeatureOfInterest": {"@iot.id": 2}}, 201, {"result": 9}),
    ("POST", "Datastreams(2)/Observations", {**seen(10, 10), "FeatureOfInterest": FEATURE}, 201,
     {"@iot.id": str}),
    ("POST", "HistoricalLocations", {"time": "2026-01-01T00:00:00Z", "Thing": {"@iot.id": 1},
                                     "Locations": [{"@iot.id": 2}]}, 201, {"@iot.id": 2}),
    ("POST", "Things(1)/Locations", LOCATION, 201, {"@iot.id": 3}),
    ("POST", "Sensors(2)/Datastreams", {**STREAM, "Thing": {"@iot.id": 1}}, 201, {"@iot.id": 3}),
    ("POST", "Things", {**THING, "Locations": [{"@iot.id": 1}], "Datastreams": []}, 201, {}),
    ("GET", "FeaturesOfInterest", None, 200, {"value/#": 3}),
    ("GET", "Things(1)/HistoricalLocations", None, 200, {"value/#": 3}),
    *(
        ("POST", name, {}, 400, {"errors/0/property": str, "errors/0/message": str})
        for name in ENTITIES
    ),
    ("POST", "Datastreams", {**STREAM, "Thing": {"@iot.id": 77}}, 404, {}),
    ("POST", "Observations", {**seen(1, 1), "Datastream": {"@iot.id": 77}}, 404, {}),
    ("POST", "Things", b"{", 400, {}),
    ("POST", "Things(1)", THING, 405, {}),
]  # fmt: skip

CHANGING = [
    *(
        ("PATCH", ONE[name], {"description": "new"}, 200, {"description": "new"})
        for name in ONE
        if "description" in ENTITIES[name].properties
    ),
    ("PATCH", "HistoricalLocations(1)", {"time": "2026-01-01T00:00:00Z"}, 200,
     {"time": "2026-01-01T00:00:00Z"}),
    ("PATCH", "Things(1)", {"properties": None}, 200, {}),
    ("GET", "Things(1)/properties", None, 404, {}),
    ("PUT", "Things(1)", {"name": "N", "description": "n"}, 200, {"name": "N"}),
    ("PUT", "Things(1)", {"name": "N"}, 400, {}),
    ("PATCH", "Things(1)", {"name": 7}, 400, {}),
    ("PATCH", "Things(77)", {"name": "x"}, 404, {}),
    ("PATCH", "Things", {"name": "x"}, 405, {}),
    ("DELETE", "Things(77)", None, 404, {}),
    ("DELETE", "Things", None, 405, {}),
    ("DELETE", "HistoricalLocations(1)", None, 200, {}),
    ("GET", "Things(1)", None, 200, {}),
    ("DELETE", "Sensors(1)", None, 200, {}),
    ("GET", "Datastreams", None, 200, {"value/#": 0}),
    ("GET", "Observations", None, 200, {"value/#": 0}),
    ("DELETE", "Things(1)", None, 200, {}),
    ("GET", "Locations", None, 200, {"value/#": 1}),
]  # fmt: skip

ARRAYS = [
    ("POST", "CreateObservations", [{"Datastream": {"@iot.id": 1},
     "components": ["phenomenonTime", "result", "FeatureOfInterest/id"], "dataArray@iot.count": 2,
     "dataArray": [["2026-01-06T00:00:00Z", 20, 1], ["2026-01-06T01:00:00Z", "x", 1]]}], 201,
     {"#": 2, "0": str, "1": "error"}),
    ("GET", f"{HERE}?$count=true", None, 200, {"@iot.count": 6}),
    ("POST", "CreateObservations", [{"Datastream": {"@iot.id": 77}, "components": ["result"],
     "dataArray": [[1]]}], 201, {"0": "error"}),
    ("POST", "CreateObservations", {}, 400, {}),
]  # fmt: skip

BATCHES = [
    ("POST", "$batch", {"requests": [
        {"id": "0", "method": "get", "url": "Things(1)?$select=name"},
        {"id": "1", "atomicityGroup": "g", "method": "patch", "url": "Things(1)",
         "body": {"name": "Z"}},
        {"id": "2", "method": "post", "url": "Things", "body": {}},
        {"id": "3", "method": "delete", "url": "Things(77)"},
    ]}, 200, {"responses/0/body/name": "T", "responses/1/status": 200, "responses/2/status": 400,
              "responses/3/status": 404}),
    ("GET", "Things(1)/name", None, 200, {"name": "Z"}),
    ("POST", "$batch", {}, 400, {}),
]  # fmt: skip

CLASSES = {
    "data model": DATA_MODEL,
    "resource path": RESOURCE_PATH,
    "system query options": OPTIONS,
    "create": CREATING,
    "update and delete": CHANGING,
    "data array": ARRAYS,
    "batch": BATCHES,
}
