"""What is wrong with a table a pack states, where, and how to mend it. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from moothall.civic.tables.rules.mapping import NUMBER, TEXT, Table, read_table
from moothall.kernel.pack_check.credits import wrong_credits
from moothall.kernel.pack_check.problems import nearest
from moothall.kernel.registry import Fault
from moothall.standards.opentable import FORMATS

NAME = re.compile(r"[a-z][a-z0-9_]*")
TIMES = ("iso", "unix", "unix-ms")
"""How a time is written, besides a strptime pattern such as "%d.%m.%Y %H:%M"."""

_TABLE = {
    "title": str,
    "summary": str,
    "publisher": str,
    "source": str,
    "licence": str,
    "attribution": str,
    "url": str,
    "secret_headers": dict,
    "every_minutes": int,
    "stale_after_minutes": int,
    "format": str,
    "rows": str,
    "delimiter": str,
    "heading": bool,
    "skip_lines": int,
    "encoding": str,
    "decimal": str,
    "missing": list,
    "time": str,
    "time_zone": str,
    "as_of": str,
    "only_in_box": bool,
    "columns": dict,
    "measure": list,
    "fact": list,
}
_COLUMNS = ("id", "name", "at", "lat", "lon")
_MEASURE = {
    "key": str,
    "title": str,
    "column": str,
    "unit": str,
    "one": str,
    "type": str,
    "factor": float,
    "least": float,
    "most": float,
    "most_column": str,
    "where": dict,
    "words": dict,
}
_FACT = {"key": str, "title": str, "column": str, "unit": str, "type": str}


def read_tables(section: Mapping[str, Any], *, zone: str) -> tuple[Table, ...]:
    """Return the tables of a pack's section that can be read; `list_faults` says why others not."""
    feeds = section.get("feeds", {})
    return tuple(
        read_table(name, stated, zone=zone)
        for name, stated in (feeds.items() if isinstance(feeds, Mapping) else ())
        if not any(list_table_faults(name, stated))
    )


def list_faults(section: Mapping[str, Any]) -> Iterator[Fault]:
    """Name everything that is wrong with the tables a pack states."""
    feeds = section.get("feeds", {})
    for name, stated in feeds.items() if isinstance(feeds, Mapping) else ():
        yield from list_table_faults(name, stated)


def list_table_faults(name: str, stated: Any) -> Iterator[Fault]:
    """Name everything that is wrong with one table."""
    here = ("feeds", name)
    if not isinstance(stated, Mapping):
        yield Fault(path=here, what=f"feeds.{name} is not a table", mend=f"Write [feeds.{name}]")
        return
    if not NAME.fullmatch(name):
        yield Fault(
            path=here,
            what=f'"{name}" cannot name a table',
            mend="Write it in small letters, digits and underscores, a letter first",
        )
    yield from _wrong_keys(here, stated, _TABLE)
    for key in ("title", "publisher", "format"):
        if not stated.get(key):
            yield Fault(path=here, what=f'the table "{name}" has no {key}', mend=f"State its {key}")
    for key, what, mend in wrong_credits(stated):
        yield Fault(path=(*here, key), what=f'the table "{name}" {what}', mend=mend)
    yield from _wrong_layout(here, stated)
    yield from _wrong_times(here, stated)
    yield from _wrong_columns(here, stated)
    yield from _wrong_rows(here, stated)


def _wrong_keys(
    here: tuple[str | int, ...], stated: Mapping[str, Any], known: Mapping[str, type]
) -> Iterator[Fault]:
    for key, value in stated.items():
        if key not in known:
            yield Fault(
                path=(*here, key),
                what=f'nothing reads "{key}"{nearest(key, known)}',
                mend=f"Write one of {', '.join(sorted(known))}, or take it out",
            )
            continue
        wanted = known[key]
        fits = isinstance(value, int | float) if wanted is float else isinstance(value, wanted)
        if not fits or (isinstance(value, bool) and wanted is not bool):
            words = {str: "words in quotation marks", dict: "a table", list: "a list"}
            words |= {int: "a whole number", float: "a number", bool: "true or false"}
            yield Fault(
                path=(*here, key), what=f'"{key}" is {value!r}', mend=f"Write {words[wanted]}"
            )


def _wrong_layout(here: tuple[str | int, ...], stated: Mapping[str, Any]) -> Iterator[Fault]:
    form = stated.get("format")
    if form and form not in FORMATS:
        yield Fault(
            path=(*here, "format"),
            what=f"{form!r} is no format that can be read{nearest(str(form), FORMATS)}",
            mend=f"Write one of {', '.join(FORMATS)}",
        )
    if form == "xml" and not stated.get("rows"):
        yield Fault(
            path=here,
            what="nothing says which element of the XML is a row",
            mend='Name it: rows = "situation"',
        )
    if isinstance(delimiter := stated.get("delimiter", ","), str) and len(delimiter) != 1:
        yield Fault(
            path=(*here, "delimiter"),
            what=f"{delimiter!r} is not one character",
            mend='Write delimiter = ";" or "\\t"',
        )
    if stated.get("decimal", ".") not in (".", ","):
        yield Fault(
            path=(*here, "decimal"),
            what=f"{stated['decimal']!r} is no decimal sign",
            mend='Write decimal = "," or leave it out',
        )
    for key in ("every_minutes", "stale_after_minutes"):
        if isinstance(stated.get(key, 1), int) and stated.get(key, 1) < 1:
            yield Fault(
                path=(*here, key), what=f"{key} is {stated[key]}", mend="Write 1 minute or more"
            )
    url = stated.get("url", "")
    if isinstance(url, str) and url and not url.startswith(("https://", "http://")):
        yield Fault(
            path=(*here, "url"),
            what=f"{url!r} is no web address",
            mend="Begin it with https://, or leave it out: files may be dropped or pushed",
        )


def _wrong_times(here: tuple[str | int, ...], stated: Mapping[str, Any]) -> Iterator[Fault]:
    pattern = stated.get("time", "iso")
    if isinstance(pattern, str) and pattern not in TIMES and "%" not in pattern:
        yield Fault(
            path=(*here, "time"),
            what=f"{pattern!r} is no way to write a time{nearest(pattern, TIMES)}",
            mend=f'Write one of {", ".join(TIMES)}, or a pattern: "%d.%m.%Y %H:%M"',
        )
    if "time_zone" in stated:
        try:
            ZoneInfo(stated["time_zone"])
        except (ValueError, OSError, TypeError, KeyError):
            yield Fault(
                path=(*here, "time_zone"),
                what=f"{stated['time_zone']!r} is not a time zone",
                mend="Write its name in the IANA list: Europe/Berlin",
            )


def _wrong_columns(here: tuple[str | int, ...], stated: Mapping[str, Any]) -> Iterator[Fault]:
    columns = stated.get("columns")
    if not isinstance(columns, Mapping):
        yield Fault(
            path=here,
            what="nothing says which column is which",
            mend=f'Write [{".".join(map(str, here))}.columns] with id = "..." in it',
        )
        return
    at = (*here, "columns")
    for key, value in columns.items():
        if key not in _COLUMNS:
            yield Fault(
                path=(*at, key),
                what=f'nothing reads "{key}"{nearest(key, _COLUMNS)}',
                mend=f"Write one of {', '.join(_COLUMNS)}; measured columns are [[measure]]s",
            )
        elif not (
            (isinstance(value, str) and value)
            or (key == "at" and isinstance(value, list) and value and all(value))
        ):
            yield Fault(
                path=(*at, key),
                what=f"{key} names no column: {value!r}",
                mend="Write the column's name in quotation marks",
            )
    if "id" not in columns:
        yield Fault(
            path=at, what="no column names each thing", mend='Write id = "..." with its column'
        )
    if ("lat" in columns) != ("lon" in columns):
        yield Fault(path=at, what="lat and lon go together", mend="State both, or neither")


def _wrong_rows(here: tuple[str | int, ...], stated: Mapping[str, Any]) -> Iterator[Fault]:
    if not stated.get("measure") and not stated.get("fact"):
        yield Fault(
            path=here,
            what="the table measures nothing and tells nothing",
            mend=f"Write a [[{'.'.join(map(str, here))}.measure]] with key, title and column",
        )
    for name, known in (("measure", _MEASURE), ("fact", _FACT)):
        rows = stated.get(name, ())
        seen: set[str] = set()
        for place, row in enumerate(rows if isinstance(rows, list) else ()):
            at = (*here, name, place)
            if not isinstance(row, Mapping):
                yield Fault(path=at, what=f"a {name} is not a table", mend=f"Write [[{name}]]")
                continue
            yield from _wrong_keys(at, row, known)
            for key in ("key", "title", "column"):
                if not row.get(key):
                    yield Fault(path=at, what=f"a {name} has no {key}", mend=f"State its {key}")
            key = str(row.get("key", ""))
            if key and not NAME.fullmatch(key):
                yield Fault(
                    path=(*at, "key"),
                    what=f'"{key}" cannot be part of a series\' name',
                    mend="Write it in small letters, digits and underscores: free_spaces",
                )
            if key in seen:
                yield Fault(
                    path=(*at, "key"), what=f'the key "{key}" is there twice', mend="Change one"
                )
            seen.add(key)
            if row.get("type", NUMBER) not in (NUMBER, TEXT):
                yield Fault(
                    path=(*at, "type"),
                    what=f"{row['type']!r} is no type",
                    mend="Write number or text",
                )
