"""How a dataset is cited: in a sentence, and for programs that keep references. Pure."""

import re
from dataclasses import dataclass
from datetime import date

_SPECIAL = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """What of a dataset stands in a citation."""

    name: str
    title: str
    publisher: str
    on: date
    """The day of the version, or of what is newest in it."""
    version: str
    """"" where it changes all the time and has no versions."""
    address: str
    seen_on: date


def in_words(one: Cited) -> str:
    """Write a citation as a sentence.

    Source:   https://www.dcc.ac.uk/guidance/how-guides/cite-datasets
    """
    version = f" Version {one.version}." if one.version else ""
    return (
        f"{one.publisher} ({one.on.year}). {one.title} [Dataset].{version} {one.on.isoformat()}."
        f" {one.address} (seen {one.seen_on.isoformat()})"
    )


def in_bibtex(one: Cited) -> str:
    """Write a citation as BibTeX."""
    fields = {
        "author": f"{{{_latex(one.publisher)}}}",
        "title": f"{{{_latex(one.title)}}}",
        "year": str(one.on.year),
        "month": str(one.on.month),
        "version": _latex(one.version),
        "howpublished": rf"\url{{{one.address}}}",
        "note": f"Dataset {_latex(one.name)} of {one.on.isoformat()}, seen"
        f" {one.seen_on.isoformat()}",
    }
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    key = re.sub(r"[^a-z0-9]+", "-", one.name.lower()).strip("-")
    return f"@misc{{{key}-{one.on.year},\n{body}\n}}\n"


def _latex(text: str) -> str:
    plain = "".join(_SPECIAL.get(sign, sign) for sign in text)
    return re.sub(r"\s+", " ", plain).strip()
