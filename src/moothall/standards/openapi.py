"""OpenAPI 3.1: how a service is asked, written out of a table of its operations."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

VERSION = "3.1.0"
MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.1"
PROBLEM = "application/problem+json"
TEXT: Mapping[str, Any] = {"type": "string"}
_PART = re.compile(r"\{(\w+)\}")
_PROBLEM = {
    "type": "object",
    "description": "What is wrong with the question, and what would mend it (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "parameter": {"type": "string", "description": "The parameter to mend."},
        "like": {"type": "array", "items": {"type": "string"}, "description": "What was meant?"},
    },
    "example": {
        "type": "about:blank",
        "title": "Cannot be answered as asked",
        "status": 400,
        "detail": "until: give a time after from",
        "parameter": "until",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A part of a question; `example` is "" where nothing of the sort is there to be named."""

    name: str
    meaning: str
    example: str = ""
    schema: Mapping[str, Any] = field(default_factory=lambda: TEXT)
    place: str = "query"
    """Where it stands: path, query or header."""
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked of a service, or done to it."""

    id: str
    path: str
    group: str
    summary: str
    method: str = "get"
    parameters: tuple[Parameter, ...] = ()
    gives: tuple[str, ...] = ("application/json",)
    """The media types of its answer; none where the answer has no body."""
    statuses: Mapping[str, str] = field(default_factory=dict)
    """What else than 200 it answers, where it is well; by status."""
    faults: tuple[str, ...] = ("400", "404")
    """The statuses of its faults that are told as problem details."""
    takes: str = ""
    """The media type of what is sent, if anything is."""
    sends: Any = None
    """An example of what is sent; None if there is none."""
    key: bool = False
    """Whether a key must be shown."""


def describe(
    operations: Iterable[Operation],
    *,
    title: str,
    version: str,
    summary: str,
    root: str,
    groups: Mapping[str, str],
) -> dict[str, Any]:
    """Describe operations as one document that points to nothing outside itself.

    Shape:   groups: what each group is, by its name, in their order.
    """
    paths: dict[str, Any] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method] = _operation(one)
    return {
        "openapi": VERSION,
        "info": {"title": title, "version": version, "description": summary},
        "servers": [{"url": root}],
        "tags": [{"name": name, "description": meaning} for name, meaning in groups.items()],
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "responses": {
                "problem": {
                    "description": "Cannot be answered: says what would mend the question.",
                    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
            },
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Authorization: Bearer KEY. Only writing needs a key.",
                }
            },
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    content = {kind: {"schema": _schema_of(kind)} for kind in one.gives}
    # An operation that says what else it answers has said what it answers when all is well.
    well = one.statuses if one.method != "get" else {"200": one.summary, **one.statuses}
    responses: dict[str, Any] = {}
    for status, meaning in well.items():
        responses[status] = {"description": meaning}
        if content and status in {"200", "201", "206"}:
            responses[status]["content"] = content
    for status in one.faults:
        responses[status] = {"$ref": "#/components/responses/problem"}
    responses["429"] = {"description": "Asked too often: wait as long as Retry-After says."}
    said: dict[str, Any] = {
        "tags": [one.group],
        "operationId": one.id,
        "summary": one.summary,
        "parameters": [parameter(each) for each in one.parameters],
        "responses": responses,
    }
    if one.takes:
        body = {"schema": _schema_of(one.takes)}
        if one.sends is not None:
            body["example"] = one.sends
        said["requestBody"] = {"required": True, "content": {one.takes: body}}
    if one.key:
        said["security"] = [{"key": []}]
        responses["401"] = {"description": "No key was shown, or none that may write here."}
    return said


def parameter(one: Parameter) -> dict[str, Any]:
    """Describe one parameter."""
    said: dict[str, Any] = {
        "name": one.name,
        "in": one.place,
        "description": one.meaning,
        "required": one.required or one.place == "path",
        "schema": dict(one.schema),
    }
    return said | {"example": read(one.example, one.schema)} if one.example else said


def read(text: str, schema: Mapping[str, Any]) -> Any:
    """Read an example as its schema has it; the text itself where it is no number.

    Shape:   the numbers of a list have commas between them.
    """
    kind = schema.get("type")
    try:
        if kind == "integer":
            return int(text)
        if kind == "array":
            return [read(part, schema.get("items", TEXT)) for part in text.split(",")]
        return float(text) if kind == "number" else text
    except ValueError:
        return text


def write(example: Any) -> str:
    """Write an example as an address has it."""
    return ",".join(map(str, example)) if isinstance(example, list) else str(example)


def address_of(
    path: str, parameters: Sequence[Mapping[str, Any]], given: Mapping[str, str]
) -> str | None:
    """Write the address of a question; None where a part that it needs is not given."""
    query = []
    for one in parameters:
        said = given.get(one["name"], "")
        if one["in"] == "query" and said:
            query.append((one["name"], said))
        if one["required"] and not said:
            return None
    filled = _PART.sub(lambda part: quote(given[part[1]], safe="/:"), path)
    return f"{filled}?{urlencode(query, safe=',/:$')}" if query else filled


def _schema_of(media_type: str) -> dict[str, Any]:
    plain = media_type.partition(";")[0]
    if plain.endswith("json"):
        return {"type": ["object", "array"]}
    return {"type": "string"}
