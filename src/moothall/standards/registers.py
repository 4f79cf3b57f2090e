"""Registers whose identifiers stand in other people's data, and how a column of them is known.

By such a column two datasets can be joined. A column is known by its heading and by what it holds:
either alone would take any number for one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from re import Pattern

MOSTLY = 0.9


@dataclass(frozen=True, slots=True)
class Register:
    """A register of things."""

    code: str
    words: str
    heading: Pattern[str]
    """What a column of its identifiers is called, in small letters, signs as spaces."""
    value: Pattern[str]


def _register(code: str, words: str, heading: str, value: str) -> Register:
    return Register(code, words, re.compile(heading), re.compile(value))


REGISTERS = (
    _register("web", "Web addresses", r".*", r"https?://\S{4,}"),
    _register(
        "gss",
        "Areas of the Office for National Statistics",
        r"(.* )?(gss|ons|lsoa|msoa|oa|ward|wd|lad|la|ltla|utla|lpa|parish|par|area|district|region|"
        r"rgn|geography|authority)( ?\d\d)?( ?(code|cd|id))?( .*)?|(lsoa|msoa|oa|wd|lad)\d\dcd",
        r"[EWSNK]\d{8}",
    ),
    _register("uprn", "Unique Property Reference Numbers", r"(.* )?uprn( .*)?", r"\d{1,12}"),
    _register("usrn", "Unique Street Reference Numbers", r"(.* )?usrn( .*)?", r"\d{5,8}"),
    _register(
        "postcode",
        "Postcodes",
        r"(.* )?(post ?code|postal ?code|pcds?)( .*)?",
        r"[A-Z]{1,2}\d[0-9A-Z]? ?\d[A-Z]{2}",
    ),
    _register(
        "naptan", "Stops of public transport (NaPTAN)", r"(.* )?(atco|naptan)( .*)?", r"\w{5,12}"
    ),
    _register(
        "company",
        "Companies House",
        r"(.* )?(company|companies house|supplier company)( (no|number|registration|reg))+",
        r"([A-Z]{2}\d{6}|\d{8})",
    ),
    _register(
        "charity",
        "Registered charities",
        r"(.* )?charity( (no|number|registration))+",
        r"\d{6,7}(-\d+)?|SC\d{6}",
    ),
    _register("school", "Schools (URN)", r"(.* )?urn", r"1\d{5}"),
    _register("fhrs", "Food Hygiene Rating Scheme", r"fhrs ?id", r"\d{1,8}"),
    _register("wikidata", "Wikidata", r"(.* )?wikidata( .*)?", r"Q\d+"),
)


def find_register(heading: str, values: Iterable[object]) -> Register | None:
    """Return the register whose identifiers a column holds, None for none.

    Shape:   some of its values; those that are missing do not count.
    """
    plain = re.sub(r"[^a-z0-9]+", " ", heading.lower()).strip()
    texts = [str(value).strip() for value in values if value is not None]
    if not texts:
        return None
    for one in REGISTERS:
        if one.heading.fullmatch(plain):
            known = sum(one.value.fullmatch(text) is not None for text in texts)
            if known >= MOSTLY * len(texts):
                return one
    return None
