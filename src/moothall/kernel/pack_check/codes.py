"""Codes of areas: which a city and its wards may have, by country."""

import re

from babel import Locale

DEFAULT_COUNTRY = "GB"
_ANY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_GSS = re.compile(r"[EWSN]\d{8}")
# The register of geographic codes gives each kind of area its own first three characters.
_COUNCILS = ("E06", "E07", "E08", "E09", "E10", "E47", "N09", "S12", "W06")
_WARDS = ("E05", "E36", "N08", "N10", "S13", "W05")


def is_country(code: str) -> bool:
    """Test whether a text is a country's code (ISO 3166-1 alpha-2)."""
    return len(code) == 2 and code.isupper() and code in Locale("en").territories


def wrong_city_code(code: str, country: str) -> tuple[str, str] | None:
    """Say what is wrong with a city's code, and how to mend it."""
    return _wrong(code, country, _COUNCILS, "council", "E06000016")


def wrong_ward_code(code: str, country: str, *, city: str) -> tuple[str, str] | None:
    """Say what is wrong with a ward's code, and how to mend it."""
    found = _wrong(code, country, _WARDS, "ward", "E05010458")
    if found is None and country == DEFAULT_COUNTRY and _GSS.fullmatch(city) and code[0] != city[0]:
        what = f"{code!r} is a ward of another country than {city}"
        return what, "Look it up: E is England, W Wales, S Scotland, N Northern Ireland"
    return found


def _wrong(
    code: str, country: str, kinds: tuple[str, ...], kind: str, like: str
) -> tuple[str, str] | None:
    if country != DEFAULT_COUNTRY:
        if _ANY.fullmatch(code):
            return None
        return f"{code!r} is not an area's code", "Write it in letters, digits, hyphens and stops"
    if not _GSS.fullmatch(code):
        return f"{code!r} is not a GSS code", f"Write a {kind}'s: {like}"
    if not code.startswith(kinds):
        return (
            f"{code!r} is the GSS code of no {kind}: those begin with {', '.join(kinds)}",
            f"Write a {kind}'s: {like}",
        )
    return None
