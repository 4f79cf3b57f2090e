"""CSV on the Web (W3C Recommendation, 2015): what the columns of a CSV file mean."""

import json
from collections.abc import Iterable
from typing import Any

from moothall.standards.licences import LICENCES
from moothall.values.observations import Column

_TYPES = {"datetime": "dateTime"}


def describe(
    *,
    url: str,
    title: str,
    description: str,
    publisher: str,
    licences: Iterable[str],
    attribution: str,
    columns: Iterable[Column],
) -> bytes:
    """Write the metadata of one table.

    Shape:   https://www.w3.org/TR/tabular-metadata/ ; units stand in `schema:unitCode` (UCUM).
    """
    named = [LICENCES.get(licence, licence) for licence in licences]
    body: dict[str, Any] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": url,
        "dc:title": title,
        "dc:description": description,
        "dc:publisher": publisher,
        "dc:license": named[0] if len(named) == 1 else named,
        "dc:rights": attribution,
        "dialect": {"encoding": "utf-8", "header": True},
        "tableSchema": {"columns": [_column(column) for column in columns]},
    }
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def _column(column: Column) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": column.name,
        "titles": column.name,
        "datatype": _TYPES.get(column.type, column.type),
    }
    if column.meaning:
        said["dc:description"] = column.meaning
    if column.unit:
        said["schema:unitCode"] = column.unit
    return said
