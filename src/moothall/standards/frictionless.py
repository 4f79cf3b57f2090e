"""Frictionless Table Schema: which columns a table has, of which type, and what each means.

Source:   https://specs.frictionlessdata.io/table-schema/ , https://datapackage.org/standard/table-schema/
"""

from collections.abc import Iterable
from typing import Any

import orjson

from moothall.values.observations import Column

MOST_BYTES = 1024 * 1024
MOST_FIELDS = 2_000
_TYPES = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    "year": "integer",
}
"""Types that say how a cell is read; a cell of any other is kept as the text it is."""


def write_schema(columns: Iterable[Column]) -> dict[str, Any]:
    """Write the schema of a table whose missing cells are empty."""
    return {
        "$schema": "https://datapackage.org/profiles/1.0/tableschema.json",
        "fields": [_field(column) for column in columns],
        "missingValues": [""],
    }


def _field(column: Column) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": column.name,
        "type": column.type if column.type in _TYPES else "string",
    }
    if column.meaning:
        said["description"] = column.meaning
    if column.unit:
        said["unit"] = column.unit
    return said


def read_schema(body: bytes) -> tuple[Column, ...]:
    """Read a schema, or the one in a data package of one table.

    Errors:  ValueError, a sentence, for what is no schema.
    """
    if len(body) > MOST_BYTES:
        raise ValueError("The schema is larger than 1 MB.")
    try:
        said = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        raise ValueError("The schema is not JSON.") from None
    fields = _find_fields(said)
    if not isinstance(fields, list) or not fields:
        raise ValueError('The schema names no fields: it needs a list called "fields".')
    if len(fields) > MOST_FIELDS:
        raise ValueError(f"The schema has {len(fields)} fields; at most {MOST_FIELDS} are read.")
    columns = tuple(_column(field, number) for number, field in enumerate(fields, start=1))
    names = [column.name for column in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"The schema names the field {twice[0]!r} twice.")
    return columns


def _find_fields(said: Any) -> Any:
    if not isinstance(said, dict):
        return None
    resources = said.get("resources")
    if isinstance(resources, list):
        if len(resources) != 1 or not isinstance(resources[0], dict):
            raise ValueError("The package holds several tables: give the schema of one.")
        said = resources[0].get("schema")
    return said.get("fields") if isinstance(said, dict) else None


def _column(field: Any, number: int) -> Column:
    if not isinstance(field, dict) or not isinstance(field.get("name"), str) or not field["name"]:
        raise ValueError(f"Field {number} of the schema has no name.")
    kind = field.get("type", "string")
    if not isinstance(kind, str):
        raise ValueError(f"The type of field {field['name'][:80]!r} is no word.")
    return Column(
        name=field["name"],
        type=_TYPES.get(kind, "string"),
        unit=_text(field.get("unit"), 20),
        meaning=_text(field.get("description") or field.get("title"), 500),
    )


def _text(said: object, longest: int) -> str:
    return said.strip()[:longest] if isinstance(said, str) else ""
