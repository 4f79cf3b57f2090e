"""Checks `city.toml`: the facts of the city, its colours and languages."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from babel.core import parse_locale

from moothall.kernel.pack_check.codes import DEFAULT_COUNTRY, is_country, wrong_city_code
from moothall.kernel.pack_check.credits import wrong_credits
from moothall.kernel.pack_check.problems import Problem, Source, nearest, unknown_keys
from moothall.values.places import Box

KNOWN = (
    "name",
    "council",
    "kind",
    "country",
    "gss",
    "councillors",
    "time_zone",
    "box",
    "outline",
    "source",
    "licence",
    "colours",
    "contact",
    "urls",
    "languages",
    "words",
    "fictitious",
)
REQUIRED = ("name", "council", "time_zone", "box", "colours", "languages")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_COLOURS = ("brand", "on_brand", "accent", "link", "link_dark")
WHITE, DARK_GROUND = "#ffffff", "#14181d"
# Words on grounds, and the contrast each pair needs: WCAG 2.2 asks 4.5 of words and 3 of lines;
# the header asks 7, so that it can be read in sunlight on a cheap telephone.
_PAIRS = (
    ("on_brand", "brand", 7.0),
    ("accent", "brand", 3.0),
    ("link", WHITE, 4.5),
    ("link_dark", DARK_GROUND, 4.5),
)


def check_city(source: Source) -> Iterator[Problem]:
    """Name what is wrong with the city's facts."""
    city = source.table
    home = city.get("country", DEFAULT_COUNTRY) == DEFAULT_COUNTRY
    for key in (*REQUIRED, *(("gss",) if home else ())):
        if city.get(key) in (None, "", {}, []):
            yield Problem(
                file=source.file, what=f'"{key}" is missing', mend=f"State the city's {key}"
            )
    yield from unknown_keys(source, (), city, KNOWN)
    for key, what, mend in wrong_credits(city):
        yield source.problem((key,), f"the city {what}", mend)
    for key, check in _CHECKS.items():
        if city.get(key) not in (None, "", {}, []):
            yield from check(source, city[key])


def _check_country(source: Source, country: Any) -> Iterator[Problem]:
    if not (isinstance(country, str) and is_country(country)):
        yield source.problem(
            ("country",), f"{country!r} is not a country's code", "Write its two letters: GB, DE"
        )


def _check_gss(source: Source, gss: Any) -> Iterator[Problem]:
    wrong = wrong_city_code(str(gss), str(source.table.get("country", DEFAULT_COUNTRY)))
    if wrong:
        yield source.problem(("gss",), *wrong)


def _check_councillors(source: Source, councillors: Any) -> Iterator[Problem]:
    if isinstance(councillors, bool) or not isinstance(councillors, int) or councillors < 1:
        yield source.problem(
            ("councillors",), f"councillors is {councillors!r}", "Write how many there are"
        )


def _check_words(source: Source, words: Any) -> Iterator[Problem]:
    if not isinstance(words, Mapping):
        yield source.problem(("words",), "words is not a table", "Begin it with [words]")
        return
    yield from unknown_keys(source, ("words",), words, ("ward", "wards"))
    for name in ("ward", "wards"):
        if not isinstance(words.get(name), str) or not words[name]:
            yield source.problem(
                ("words",), f'words has no "{name}"', 'Write ward = "district", wards = "districts"'
            )


def _check_time_zone(source: Source, zone: Any) -> Iterator[Problem]:
    zones = available_timezones()
    if zone not in zones:
        yield source.problem(
            ("time_zone",),
            f"{zone!r} is not a time zone{nearest(str(zone), zones)}",
            "Write its name in the IANA list: Europe/London",
        )


def _check_box(source: Source, box: Any) -> Iterator[Problem]:
    try:
        Box(**box)
    except (TypeError, ValueError) as fault:
        yield source.problem(
            ("box",),
            f"the box is none: {fault}",
            "Write box = { west = -1.2, south = 52.5, east = -1.0, north = 52.7 }",
        )


def _check_colours(source: Source, colours: Any) -> Iterator[Problem]:
    if not isinstance(colours, Mapping):
        yield source.problem(("colours",), "colours is not a table", "Begin it with [colours]")
        return
    yield from unknown_keys(source, ("colours",), colours, _COLOURS)
    for name in _COLOURS:
        if not _HEX.fullmatch(str(colours.get(name, ""))):
            yield source.problem(
                ("colours", name), f'the colour "{name}" is not like #173a6b', f"State {name}"
            )
    for words, ground, needed in _PAIRS:
        one, other = colours.get(words, ""), colours.get(ground, ground)
        if _HEX.fullmatch(str(one)) and _HEX.fullmatch(str(other)):
            reached = contrast(one, other)
            if reached < needed:
                yield source.problem(
                    ("colours", words),
                    f"{words} ({one}) on {ground} ({other}) has a contrast of {reached:.2f}:1",
                    f"Make it {needed:g}:1 or more: darken one or lighten the other",
                )


def contrast(one: str, other: str) -> float:
    """Measure the contrast of two colours as WCAG 2.2 does: from 1 (none) to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _check_languages(source: Source, languages: Any) -> Iterator[Problem]:
    if not (isinstance(languages, list) and all(isinstance(row, Mapping) for row in languages)):
        yield source.problem(
            ("languages",), "languages is not a list of tables", "Begin each with [[languages]]"
        )
        return
    seen: set[str] = set()
    for place, row in enumerate(languages):
        path = ("languages", place)
        yield from unknown_keys(source, path, row, ("tag", "name", "english", "source", "licence"))
        tag = str(row.get("tag", ""))
        if not _is_language(tag):
            yield source.problem(
                (*path, "tag"), f"{tag!r} is not a language tag", "Write its BCP 47 tag: gu, en-GB"
            )
        if tag.casefold() in seen:
            yield source.problem((*path, "tag"), f"{tag!r} is listed twice", "Take one of them out")
        seen.add(tag.casefold())
        for key in ("name", "english"):
            if not row.get(key):
                yield source.problem(
                    path, f'the language {tag!r} has no "{key}"', f"State its {key}"
                )
        for key, what, mend in wrong_credits(row):
            yield source.problem((*path, key), f"the language {tag!r} {what}", mend)


def _is_language(tag: str) -> bool:
    try:
        language = parse_locale(tag, sep="-")[0]
    except ValueError:
        return False
    return language in Locale("en").languages


def _check_contact(source: Source, contact: Any) -> Iterator[Problem]:
    known = ("address", "telephone", "email", "web", "source", "licence")
    yield from unknown_keys(source, ("contact",), contact, known)
    for key, what, mend in wrong_credits(contact):
        yield source.problem(("contact", key), f"the contact {what}", mend)


def _check_urls(source: Source, urls: Any) -> Iterator[Problem]:
    for name, address in urls.items():
        if not str(address).startswith("https://"):
            yield source.problem(
                ("urls", name), f"{address!r} is not a secure address", "Begin it with https://"
            )


_CHECKS: dict[str, Callable[[Source, Any], Iterator[Problem]]] = {
    "country": _check_country,
    "gss": _check_gss,
    "councillors": _check_councillors,
    "words": _check_words,
    "time_zone": _check_time_zone,
    "box": _check_box,
    "colours": _check_colours,
    "languages": _check_languages,
    "contact": _check_contact,
    "urls": _check_urls,
}
