"""What strangers write in a catalogue's fields, read as texts, addresses, instants and codes."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import orjson
from lxml import etree, html

from moothall.standards.dcat.words import FREQUENCIES, LANGUAGES, THEMES
from moothall.values.places import Box

LONGEST = 10_000
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BLANKS = re.compile(r"[ \t\r\f\xa0]+")
_MARKS = re.compile(r"[<&\xa0]|  ")
_LINES = re.compile(r"\s*\n\s*\n\s*")
_MARKUP = re.compile(r"<[a-zA-Z/!]|&[a-zA-Z#]")
_BLOCKS = ("p", "div", "li", "ul", "ol", "br", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "dp-prose")
_UNSEEN = ("script", "style", "iframe", "object", "svg", "template", "noscript", "head", "title")


def one(said: Any) -> str:
    """Return the first text of what may be a text, a number, a list, or a text in languages."""
    if said is None or said == "":
        return ""
    return tidy(said) if isinstance(said, str) else next(every(said), "")


def every(said: Any) -> Iterator[str]:
    """Give each text that is said, English first where there are several languages."""
    if isinstance(said, str):
        text = tidy(said)
        if text:
            yield text
    elif isinstance(said, bool) or said is None:
        return
    elif isinstance(said, int | float):
        yield str(said)
    elif isinstance(said, list):
        for part in said[:1_000]:
            yield from every(part) if not isinstance(part, list) else ()
    elif isinstance(said, Mapping):
        yield from _named(said)


_NAMES = ("@value", "en", "name", "title", "prefLabel", "label", "display_name", "@id")


def _named(said: Mapping[str, Any]) -> Iterator[str]:
    """Give what a thing is called, or a text that stands in any language."""
    languages = (key for key in said if re.fullmatch(r"[a-z]{2}(-\w+)?", str(key)))
    for key in (*_NAMES, *languages):
        text = said.get(key)
        if isinstance(text, str) and text.strip():
            yield tidy(text)
            return


def tidy(text: str) -> str:
    """Return a text without what cannot be shown, its blanks single and its ends bare."""
    if len(text) < LONGEST and text.isprintable() and "  " not in text:
        return text.strip()
    return _BLANKS.sub(" ", _CONTROLS.sub("", text[: LONGEST * 10])).strip()


def plain(text: str) -> str:
    """Return the words of a text that may be HTML, a line for each of its blocks."""
    if len(text) < LONGEST and text.isprintable() and not _MARKS.search(text):
        return text.strip()
    text = _CONTROLS.sub("", text[: LONGEST * 10])
    if _MARKUP.search(text):
        text = _words(text)
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return _LINES.sub("\n\n", "\n".join(lines)).strip()[:LONGEST]


def _words(text: str) -> str:
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(f"<html><body>{text}</body></html>", parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return re.sub(r"<[^<>]*>", " ", text)
    etree.strip_elements(root, *_UNSEEN, with_tail=False)
    for block in root.iter(*_BLOCKS):
        block.tail = f"\n{block.tail or ''}"
    return "".join(map(str, root.itertext()))


# --- addresses ---------------------------------------------------------------------------------
_PLAIN_ADDRESS = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?(?:[/?#][A-Za-z0-9._~:/?#!$&'()*+,;=%-]*)?"
)


def address(said: str, *, base: str = "") -> str:
    """Return an address people may be sent to, or "" if it is none: http, https or ftp.

    Shape:   one that begins with a slash is of the catalogue's own host; blanks are encoded; a
             scheme that was put before a whole address is taken away again.
    """
    if len(said) < 2_000 and _PLAIN_ADDRESS.fullmatch(said):
        return said
    text = "".join(said.split("\n")).strip().strip("<>").strip()
    text = re.sub(r"^https?:/*(?=https?://)", "", text)
    if text.startswith("/") and base:
        text = urljoin(base, text)
    elif text.lower().startswith("www."):
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        _port = parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https", "ftp"} or not host or parts.username:
        return ""
    if len(text) > 2_000 or not re.fullmatch(r"[\w.:%\[\]-]+", host):
        return ""
    return quote(text, safe="%:/?#[]@!$&'()*+,;=~-._", errors="replace")


def email(said: str) -> str:
    """Return an e-mail address, or "" if it is none."""
    text = re.sub(r"^mailto:", "", said.strip(), flags=re.IGNORECASE).partition("?")[0].strip()
    return text if re.fullmatch(r"[^\s@<>\"'&]{1,64}@[\w-]+(\.[\w-]+)+", text) else ""


# --- time --------------------------------------------------------------------------------------
_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_PERIOD = re.compile(r"(?:R\d*/)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+(?:\.\d+)?)D)?(T.*)?")
_CLOCK = re.compile(r"T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?")
_EARLIEST, _LATEST = 1_000, 2_200


def instant(said: str) -> datetime | None:
    """Read a day, a month, a year or an instant; one without an offset is in UTC.

    Errors:  ValueError for a text that is none.
    """
    text = said.strip()
    if not text:
        return None
    try:
        at = _instant(text)
    except (ValueError, OverflowError):
        raise ValueError(f"not a date: {text[:60]!r}") from None
    if not _EARLIEST <= at.year < _LATEST:
        raise ValueError(f"not a year that a dataset can be of: {text[:60]!r}")
    return at


def _instant(text: str) -> datetime:
    if re.fullmatch(r"\d{12,13}", text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    if re.match(r"[A-Z][a-z]{2}, ", text):
        return parsedate_to_datetime(text).astimezone(UTC)
    text = re.sub(r"\s*(UTC|GMT)$", "Z", text)
    if found := _DAY_FIRST.fullmatch(text):
        return datetime(int(found[3]), int(found[2]), int(found[1]), tzinfo=UTC)
    if re.fullmatch(r"\d{4}(-\d{1,2})?", text):
        year, _dash, month = text.partition("-")
        return datetime(int(year), int(month or 1), 1, tzinfo=UTC)
    if len(text) <= 10:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


_SPANS = {name.lower(): span for span, name in FREQUENCIES} | {
    "annually": timedelta(days=366), "yearly": timedelta(days=366), "year": timedelta(days=366),
    "every year": timedelta(days=366), "biannual": timedelta(days=183),
    "biannually": timedelta(days=183), "semiannual": timedelta(days=183),
    "twice yearly": timedelta(days=183), "quarter": timedelta(days=92),
    "month": timedelta(days=31), "week": timedelta(days=7), "day": timedelta(days=1),
    "fortnightly": timedelta(days=14), "hour": timedelta(hours=1),
    "continuous": timedelta(minutes=1), "cont": timedelta(minutes=1),
    "real-time": timedelta(minutes=1), "realtime": timedelta(minutes=1),
    "update_cont": timedelta(minutes=1),
}  # fmt: skip


def span(said: str) -> timedelta | None:
    """Read how often something is promised anew: an ISO 8601 duration, a code or a word."""
    text = said.strip().rstrip("/")
    found = _PERIOD.fullmatch(text.upper())
    if found and len(text) < 40:
        years, months, weeks, days = (float(part or 0) for part in found.groups()[:4])
        total = years * 365 + months * 30 + weeks * 7 + days
        clock = _CLOCK.fullmatch(found[5] or "T")
        hours, minutes, seconds = (float(p or 0) for p in clock.groups()) if clock else (0, 0, 0)
        try:
            length = timedelta(days=total, hours=hours, minutes=minutes, seconds=seconds)
        except OverflowError:
            return None
        return length or None
    word = re.split(r"[/#]", text)[-1].lower()
    return _SPANS.get(word)


def period(said: str) -> tuple[str, str]:
    """Part an interval as ISO 8601 writes it; a text without a slash is its beginning."""
    begin, _slash, end = said.strip().partition("/")
    return begin.strip(), "" if end.strip().startswith(("P", "..")) else end.strip()


# --- codes -------------------------------------------------------------------------------------
_THEME_WORDS = {
    "agriculture": "AGRI", "food": "AGRI", "farming": "AGRI", "economy": "ECON",
    "business": "ECON", "finance": "ECON", "spending": "ECON", "employment": "ECON",
    "education": "EDUC", "culture": "EDUC", "sport": "EDUC", "school": "EDUC", "heritage": "EDUC",
    "energy": "ENER", "environment": "ENVI", "climate": "ENVI", "weather": "ENVI",
    "government": "GOVE", "administration": "GOVE", "council": "GOVE", "citizenship": "GOVE",
    "health": "HEAL", "international": "INTR", "crime": "JUST", "justice": "JUST", "law": "JUST",
    "safety": "JUST", "mapping": "REGI", "geography": "REGI", "towns": "REGI", "regions": "REGI",
    "planning": "REGI", "housing": "REGI", "society": "SOCI", "population": "SOCI",
    "demography": "SOCI", "demographics": "SOCI", "technology": "TECH", "science": "TECH",
    "digital": "TECH", "transport": "TRAN", "transportation": "TRAN", "mobility": "TRAN",
}  # fmt: skip
_BY_LABEL = {label.lower(): code for code, label in THEMES.items()}


def theme(said: str) -> str:
    """Return the EU's code for a theme as anybody names it; "" where we cannot tell."""
    word = re.split(r"[/#]", said.strip().rstrip("/"))[-1]
    if word.upper() in THEMES:
        return word.upper()
    if said.strip().lower() in _BY_LABEL:
        return _BY_LABEL[said.strip().lower()]
    words = re.findall(r"[a-z]+", said.lower() if "//" not in said else word.lower())
    return next((_THEME_WORDS[one] for one in words if one in _THEME_WORDS), "")


_LANGUAGES = {code.lower(): tag for tag, code in LANGUAGES.items()} | {
    "english": "en", "welsh": "cy", "polish": "pl", "urdu": "ur", "french": "fr", "german": "de",
}  # fmt: skip


def language(said: str) -> str:
    """Return the tag of a language as anybody names it; "" where we cannot tell."""
    word = re.split(r"[/#]", said.strip().rstrip("/"))[-1].lower().replace("_", "-")
    if word in _LANGUAGES:
        return _LANGUAGES[word]
    return word if re.fullmatch(r"[a-z]{2}(-[a-z0-9]{2,8})*", word) else ""


_FORMS = {
    "text/csv": "csv", "comma separated values": "csv", "text/comma-separated-values": "csv",
    "application/json": "json", "application/geo+json": "geojson", "geo json": "geojson",
    "application/vnd.geo+json": "geojson", "application/ld+json": "jsonld",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.ms-excel": "xls", "excel": "xls", "ms excel": "xls",
    "application/vnd.oasis.opendocument.spreadsheet": "ods", "application/pdf": "pdf",
    "application/vnd.apache.parquet": "parquet", "application/x-parquet": "parquet",
    "application/zip": "zip", "application/x-zip-compressed": "zip", "zipped csv": "zip",
    "application/xml": "xml", "text/xml": "xml", "text/html": "html", "htm": "html",
    "text/plain": "txt", "application/vnd.google-earth.kml+xml": "kml", "text/turtle": "ttl",
    "application/rdf+xml": "rdf", "application/geopackage+sqlite3": "gpkg", "geopackage": "gpkg",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/msword": "doc", "esri shapefile": "shp", "shapefile": "shp", "rdf/xml": "rdf",
    "ogc wms": "wms", "ogc wfs": "wfs", "web page": "html", "webpage": "html", "website": "html",
}  # fmt: skip
_ENDING = re.compile(r"\.([A-Za-z0-9]{2,8})$")
_KNOWN = frozenset(_FORMS.values()) | {
    "tsv", "txt", "gz", "gml", "kmz", "wms", "wfs", "wmts", "api", "sqlite", "dbf", "tif", "png",
    "jpg", "mp4", "rss", "ics", "pptx", "n3", "nt", "yaml", "tar", "7z", "mdb", "shp", "svg",
}  # fmt: skip


def form(*said: str, url: str = "") -> str:
    """Name the form of a file in small letters, by the first of these that tells; "" by none."""
    for text in said:
        word = text.strip().lower().lstrip(".")
        media = word.partition(";")[0].strip()
        for key in (media, re.sub(r"^https?://\S*?/(media-types|file-type)/", "", media)):
            if key in _FORMS:
                return _FORMS[key]
            if key in _KNOWN:
                return key
        if re.fullmatch(r"[a-z0-9+-]{2,12}", media):
            return media
    ending = _ENDING.search(urlsplit(url).path) if url else None
    return ending[1].lower() if ending and ending[1].lower() in _KNOWN else ""


def size(said: Any) -> int | None:
    """Read a number of bytes; None where nothing, or nothing of the kind, is said."""
    if isinstance(said, bool):
        return None
    if isinstance(said, int | float):
        return int(said) if 0 < said < 2**53 else None
    text = one(said).replace(",", "")
    if not re.fullmatch(r"\d{1,15}(\.\d+)?", text):
        return None
    return int(float(text)) or None


# --- places ------------------------------------------------------------------------------------
_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE]-?\d+)?"
_WKT = re.compile(
    r"\s*(?:<[^>]*>\s*)?(MULTI)?(POLYGON|POINT|ENVELOPE)\s*(?:Z\s*)?(\(.*\))", re.DOTALL | re.I
)


def box(said: Any) -> Box | None:
    """Read the box of a place: GeoJSON, WKT, or west, south, east, north; None if it is none."""
    if isinstance(said, str):
        text = said.strip()[:100_000]
        if text.startswith("{"):
            try:
                return box(orjson.loads(text))
            except orjson.JSONDecodeError:
                return None
        return _box_of_text(text)
    if isinstance(said, Mapping):
        inner = said.get("coordinates")
        return None if inner is None else _around(list(_positions(inner, 0)))
    return None


def _box_of_text(text: str) -> Box | None:
    if found := _WKT.match(text):
        numbers = [float(n) for n in re.findall(_NUMBER, found[3])[:20_000]]
        if found[2].upper() == "ENVELOPE" and len(numbers) == 4:
            west, east, north, south = numbers
            return _around([(west, south), (east, north)])
        return _around(list(zip(numbers[::2], numbers[1::2], strict=False)))
    parts = re.split(r"[,\s]+", text)
    if len(parts) == 4 and all(re.fullmatch(_NUMBER, part) for part in parts):
        west, south, east, north = map(float, parts)
        return _around([(west, south), (east, north)])
    return None


def _positions(part: Any, depth: int) -> Iterator[tuple[float, float]]:
    if not isinstance(part, list) or depth > 5:
        return
    if len(part) >= 2 and all(
        isinstance(n, int | float) and not isinstance(n, bool) for n in part[:2]
    ):
        yield float(part[0]), float(part[1])
        return
    for inner in part[:20_000]:
        yield from _positions(inner, depth + 1)


def _around(points: list[tuple[float, float]]) -> Box | None:
    if not points or not all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in points):
        return None
    lons, lats = zip(*points, strict=True)
    try:
        return Box(west=min(lons), south=min(lats), east=max(lons), north=max(lats))
    except ValueError:
        return None  # a point, or a line: no box to search by
