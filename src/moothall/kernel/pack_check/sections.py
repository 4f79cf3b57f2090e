"""Checks a service's section of a pack: what it switches on and what it names."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from moothall.kernel.fitting import TOLD
from moothall.kernel.pack_check.credits import wrong_credits
from moothall.kernel.pack_check.problems import Path, Problem, Source, nearest, unknown_keys
from moothall.kernel.registry import Fault, Feed, Registry, Service
from moothall.values.observations import KEY
from moothall.values.places import Box

_ANY_FEED = (*TOLD, "source", "follow_hosts")
"""What any feed's own table may state."""
_ANY_ROW = ("source", "licence")
_CONDITIONS = frozenset({"if", "unless", "else", "condition", "expression", "formula", "eval"})
_ROW = re.compile(r"\[\[(\w+)\]\] ([^\s:]+)")
_EXPRESSION = re.compile(r"\{\{|\{%|\$\{|\$\(")


def check_section(
    source: Source, service: Service, house: Registry, *, city: Mapping[str, Any], box: Box | None
) -> Iterator[Problem]:
    """Name what is wrong with one service's section."""
    yield from _check_feeds(source, service)
    yield from _check_tables(source, service)
    yield from _check_rows(source, service, box)
    yield from _check_named(source, (), source.table, house)
    yield from _check_no_conditions(source, (), source.table)
    yield from _check_own(source, service, city)


def _check_feeds(source: Source, service: Service) -> Iterator[Problem]:
    known = {feed.name.partition(".")[2]: feed for feed in service.feeds}
    feeds = source.table.get("feeds", {})
    if not isinstance(feeds, Mapping):
        yield source.problem(("feeds",), "feeds is not a table", "Write [feeds.<name>]")
        return
    for name, table in feeds.items() if service.fit is None else ():
        if name not in known:
            yield source.problem(
                ("feeds", name),
                f'there is no feed "{service.name}.{name}"{nearest(name, known)}',
                f"Write one of {', '.join(sorted(known))}"
                if known
                else "Take it out: this service reads no feeds",
            )
        elif not isinstance(table, Mapping):
            yield source.problem(
                ("feeds", name), f"feeds.{name} is not a table", f"Write [feeds.{name}]"
            )
        else:
            yield from _check_read(source, ("feeds", name), table, known[name])


def _check_read(
    source: Source, path: Path, table: Mapping[str, Any], feed: Feed
) -> Iterator[Problem]:
    """Name what stands in a feed's table, or in rows in it, that the feed does not read."""
    own = (*_ANY_FEED, *(name for name in feed.reads if "." not in name))
    yield from unknown_keys(source, path, table, own)
    for key, value in table.items():
        inner = tuple(
            name.removeprefix(f"{key}.") for name in feed.reads if name.startswith(f"{key}.")
        )
        rows = value if isinstance(value, list) else [value]
        for place, row in enumerate(rows if inner else ()):
            if isinstance(row, Mapping):
                at = (*path, key, place) if isinstance(value, list) else (*path, key)
                yield from unknown_keys(source, at, row, inner)


def _check_tables(source: Source, service: Service) -> Iterator[Problem]:
    """Check that the rows of a service are rows, and all it states something that is read."""
    read = {name for feed in service.feeds for name in feed.reads if "." not in name}
    known = {*service.rows, *_ANY_ROW, *read}
    for name, value in source.table.items():
        if name in service.rows:
            if not (isinstance(value, list) and all(isinstance(row, Mapping) for row in value)):
                yield source.problem(
                    (name,),
                    f"{name} is not a list of rows",
                    f"Begin each with two brackets: [[{name}]]",
                )
        elif service.rows and name != "feeds" and isinstance(value, list | Mapping):
            yield source.problem(
                (name,),
                f'nothing reads "{name}"{nearest(name, (*service.rows, "feeds"))}',
                f"Write one of {', '.join(sorted(service.rows))}, or take it out",
            )
        elif service.feeds and service.fit is None and name not in {*known, "feeds"}:
            yield from unknown_keys(source, (), {name: value}, known)


def _check_rows(source: Source, service: Service, box: Box | None) -> Iterator[Problem]:
    """Check each `[[row]]`: whole, credited, inside the box, and of its id the only one."""
    own = {key: source.table[key] for key in ("source", "licence") if key in source.table}
    for name, rows in source.table.items():
        if not (isinstance(rows, list) and rows and all(isinstance(row, Mapping) for row in rows)):
            continue
        seen: set[str] = set()
        may = (*_ANY_ROW, *service.rows.get(name, ()), *service.rows_may.get(name, ()))
        for place, row in enumerate(rows):
            if name in service.rows:
                yield from unknown_keys(source, (name, place), row, may)
            called = f"[[{name}]] {row.get('id') or place + 1}"
            for key in service.rows.get(name, ()):
                if row.get(key) in (None, "", []):
                    yield source.problem(
                        (name, place), f"{called} has no {key}", f"State its {key}"
                    )
            for key, what, mend in wrong_credits({**own, **row}):
                yield source.problem((name, place, key), f"{called} {what}", mend)
            yield from _check_position(source, (name, place, "lat"), called, row, box)
            if "id" in row and str(row["id"]) in seen:
                yield source.problem(
                    (name, place, "id"), f"{called} is there twice", "Keep one of them"
                )
            seen.add(str(row.get("id")))


def _check_position(
    source: Source, path: Path, called: str, row: Mapping[str, Any], box: Box | None
) -> Iterator[Problem]:
    lat, lon = row.get("lat"), row.get("lon")
    if lat is None and lon is None:
        return
    if not (isinstance(lat, int | float) and isinstance(lon, int | float)):
        yield source.problem(
            path, f"{called} has a position that is not two numbers", "Write lat and lon in degrees"
        )
    elif box is not None and not box.holds(lon=lon, lat=lat):
        yield source.problem(
            path,
            f"{called} lies outside the city's box, at {lat}, {lon}",
            "Mend its position, or the box in city.toml",
        )


def _check_named(source: Source, path: Path, value: Any, house: Registry) -> Iterator[Problem]:
    """Check every string that names code: `series`, `feed`, `dataset`, `policy`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            names = inner if isinstance(inner, list) else [inner]
            if key in _NAMED and names and all(isinstance(name, str) for name in names):
                for name in names:
                    yield from _check_name(source, (*path, key), key, name, house)
            else:
                yield from _check_named(source, (*path, key), inner, house)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _check_named(source, (*path, place), inner, house)


def _check_name(
    source: Source, path: Path, key: str, name: str, house: Registry
) -> Iterator[Problem]:
    known = _NAMED[key](house)
    if key == "series":
        if not KEY.fullmatch(name):
            yield source.problem(
                path, f"{name!r} is not the key of a series", "Write it like service.thing.level_m"
            )
            return
        name = name.partition(".")[0]
    if name not in known:
        yield source.problem(
            path,
            f'{key} names "{name}", and there is none{nearest(name, known)}',
            f"Name one there is: {', '.join(sorted(known)) or 'none is registered'}",
        )


def _feeds(house: Registry) -> frozenset[str]:
    return frozenset(feed.name for feed in house.feeds())


def _datasets(house: Registry) -> frozenset[str]:
    return _feeds(house) | frozenset(house.kinds())


def _policies(house: Registry) -> frozenset[str]:
    return frozenset(policy for service in house.services for policy in service.policies)


def _services_with_feeds(house: Registry) -> frozenset[str]:
    return frozenset(service.name for service in house.services if service.feeds)


_NAMED = {
    "series": _services_with_feeds,
    "feed": _feeds,
    "dataset": _datasets,
    "datasets": _datasets,
    "policy": _policies,
    "policies": _policies,
}


def _check_no_conditions(source: Source, path: Path, value: Any) -> Iterator[Problem]:
    """A pack is data: what differs by a rule is a named policy, written once for all cities."""
    mend = "State the fact itself, or name a policy that is a rule for all cities"
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in _CONDITIONS:
                yield source.problem((*path, key), f'"{key}" is a condition', mend)
            yield from _check_no_conditions(source, (*path, key), inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _check_no_conditions(source, (*path, place), inner)
    elif isinstance(value, str) and _EXPRESSION.search(value):
        yield source.problem(path, f"{value[:60]!r} is an expression", mend)


def _check_own(source: Source, service: Service, city: Mapping[str, Any]) -> Iterator[Problem]:
    """Let the service itself judge its section."""
    if service.check_pack is None:
        return
    try:
        found = list(service.check_pack({**source.table, "city": city}))
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        found = [f"cannot be read: {fault!r}"]
    for one in found:
        if isinstance(one, Fault):
            yield source.problem(one.path, one.what, one.mend)
        else:
            yield source.problem(
                _path_of(one, source.table),
                one.strip().removesuffix("."),
                "Compare with a founding city's file of that name",
            )


def _path_of(sentence: str, table: Mapping[str, Any]) -> Path:
    """Find the row that a sentence begins with: `[[gauge]] L1707 has ...`; () if it names none."""
    named = _ROW.match(sentence)
    rows = table.get(named[1]) if named else None
    if named is None or not isinstance(rows, list):
        return ()
    for place, row in enumerate(rows):
        if isinstance(row, Mapping) and str(row.get("id", place + 1)) == named[2]:
            return (named[1], place)
    return ()
