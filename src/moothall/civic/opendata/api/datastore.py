"""CKAN's datastore_search: the rows of a dataset, asked for as CKAN's clients ask. No SQL."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson

from moothall.civic.opendata.queries import rows
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.sources import list_columns
from moothall.civic.opendata.rules import UnableToAnswer, filtering
from moothall.civic.opendata.rules.filtering import Filter, Order, Plain
from moothall.values.observations import Column

USUAL, MOST = 100, 32_000
KINDS = {
    "integer": "int",
    "number": "numeric",
    "boolean": "bool",
    "date": "date",
    "datetime": "timestamptz",
}
"""What CKAN calls the types of columns; all others are text."""
FORMS = ("objects", "lists")
UTC = ZoneInfo("UTC")


class Unreadable(ValueError):
    """A parameter that cannot be read; `field` names it."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(what)
        self.field = field


def search(dataset: Dataset, resource: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a page of a dataset's rows; errors: Unreadable.

    Shape:   `_id` counts the rows from 1, in the order they are given.
    """
    columns = list_columns(dataset)
    known = {column.name: column for column in columns}
    limit, offset = _number(given, "limit", USUAL), _number(given, "offset", 0)
    if offset > filtering.DEEPEST:
        deepest = f"at most {filtering.DEEPEST}: filter further, or download the dataset"
        raise Unreadable("offset", deepest)
    limit = min(limit, MOST)
    chosen = [known[name] for name in _names(given, known)] or list(columns)
    form = str(given.get("records_format") or "objects")
    if form not in FORMS:
        raise Unreadable("records_format", f"must be one of {', '.join(FORMS)}")
    where = _filters(given, known)
    words, more = _words(given, known)
    counted = str(given.get("include_total", True)).lower() not in {"false", "0", "no"}
    try:
        found = rows.read_rows(
            dataset,
            where=(*where, *more),
            words=words,
            order=_orders(given, known),
            offset=offset,
            limit=limit,
            columns=[column.name for column in chosen],
            count=counted,
        )
    except UnableToAnswer as fault:
        raise Unreadable(fault.parameter, fault.mend) from fault
    records = [
        {"_id": offset + number, **{name: _plain(value) for name, value in row.items()}}
        for number, row in enumerate(found.table.to_pylist(), 1)
    ]
    said = {name: given[name] for name in ("filters", "q", "sort") if given.get(name)}
    answer = {
        "resource_id": resource,
        "fields": [
            {"id": "_id", "type": "int"},
            *(_field(column) for column in chosen),
        ],
        "records_format": form,
        "records": records if form == "objects" else [list(one.values()) for one in records],
        "limit": limit,
        **({"offset": offset} if offset else {}),
        **said,
        "include_total": counted,
        "_links": _links(resource, given, limit=limit, offset=offset),
    }
    if counted:
        answer |= {"total": found.total, "total_was_estimated": False}
    return answer


def _field(column: Column) -> dict[str, Any]:
    said: dict[str, Any] = {"id": column.name, "type": KINDS.get(column.type, "text")}
    if column.meaning:
        said["info"] = {"notes": column.meaning}
    return said


def _plain(value: Any) -> Any:
    """Write a value as JSON has it."""
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _links(resource: str, given: Mapping[str, Any], *, limit: int, offset: int) -> dict[str, str]:
    asked = {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in given.items()
        if name in {"filters", "q", "sort", "fields", "records_format"} and value
    }

    def link(start: int) -> str:
        query = {"resource_id": resource, **asked, "limit": limit, "offset": start}
        return f"/api/3/action/datastore_search?{urlencode(query)}"

    return {"start": link(0), "next": link(offset + limit)}


def _number(given: Mapping[str, Any], name: str, usual: int) -> int:
    text = str(given.get(name, "")).strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Unreadable(name, "Invalid integer")
    return int(text)


def _names(given: Mapping[str, Any], known: Mapping[str, Column]) -> Sequence[str]:
    """Read the names of fields: a list, or a text with commas."""
    asked = given.get("fields") or ()
    names = asked.split(",") if isinstance(asked, str) else asked
    if not isinstance(names, list | tuple):
        raise Unreadable("fields", "give a list of names")
    found = [str(name).strip() for name in names]
    for name in found:
        if name != "_id" and name not in known:
            raise Unreadable("fields", f'field "{name[:60]}" not in table')
    return [name for name in dict.fromkeys(found) if name != "_id"]


def _mapping(name: str, asked: Any) -> Mapping[str, Any]:
    if isinstance(asked, str):
        try:
            asked = orjson.loads(asked)
        except orjson.JSONDecodeError:
            raise Unreadable(name, "give an object, as JSON") from None
    if not isinstance(asked, dict):
        raise Unreadable(name, "give an object")
    return asked


def _filters(given: Mapping[str, Any], known: Mapping[str, Column]) -> list[Filter]:
    """Read which values columns must have: one of each, or any of a list."""
    found = []
    for name, wanted in _mapping("filters", given.get("filters") or {}).items():
        if name not in known:
            raise Unreadable("filters", f'field "{name[:60]}" not in table')
        values = wanted if isinstance(wanted, list) else [wanted]
        if len(values) > filtering.MOST_LISTED:
            raise Unreadable("filters", f"list at most {filtering.MOST_LISTED} values")
        if values == [None]:
            found.append(Filter(name, "is_null", True))
        else:
            found.append(Filter(name, "in", tuple(_value(known[name], one) for one in values)))
    return found


def _value(column: Column, wanted: Any) -> Plain:
    if isinstance(wanted, dict | list) or wanted is None:
        raise Unreadable("filters", f"{column.name}: give a plain value")
    text = ("yes" if wanted else "no") if isinstance(wanted, bool) else str(wanted)
    try:
        return filtering.read_value(column, text, zone=UTC)
    except UnableToAnswer as fault:
        raise Unreadable("filters", str(fault)) from None


def _words(given: Mapping[str, Any], known: Mapping[str, Column]) -> tuple[str, list[Filter]]:
    """Read words for all columns, or for one each."""
    asked = given.get("q") or ""
    if isinstance(asked, str) and not asked.lstrip().startswith("{"):
        return asked[: filtering.LONGEST], []
    found = []
    for name, words in _mapping("q", asked).items():
        if name not in known or known[name].type != "string":
            raise Unreadable("q", f'"{name[:60]}" is no column of texts')
        found.append(Filter(name, "contains", str(words)[: filtering.LONGEST]))
    return "", found


def _orders(given: Mapping[str, Any], known: Mapping[str, Column]) -> list[Order]:
    """Read an order like "at desc, value"."""
    found = []
    for part in str(given.get("sort") or "").split(","):
        name, _space, way = part.strip().rpartition(" ")
        if way.lower() not in {"asc", "desc"}:
            name, way = part.strip(), "asc"
        name = name.strip().strip('"')
        if name in known:
            found.append(Order(name, descending=way.lower() == "desc"))
        elif name and name != "_id":
            raise Unreadable("sort", f'field "{name[:60]}" not in table')
    return found[: filtering.MOST_ORDERS]
