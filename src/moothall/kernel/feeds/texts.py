"""What a text from outside must be before it is kept: readable, of a sane length, no script. Pure.

Pages escape what they show. This is for what escaping cannot help: an address that runs a script,
a mark that turns the rest of a line around, a character no database takes.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from moothall.values.issues import Issues
from moothall.values.observations import Batch, Issue, Observation, Record, Series, Severity

LONGEST = 20_000
LONGEST_ID = 300
# Control characters but for tab and line ends; marks that override direction; lone surrogates.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
# A browser skips blanks before an address, and tabs and line ends within it.
_SCRIPT = re.compile(
    r"[\x00-\x20]*(?:"
    + "|".join(r"[\t\r\n]*".join(f"{word}:") for word in ("javascript", "vbscript", "data"))
    + r")(\s?)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"ur[li]|link|web|href|page|source", re.IGNORECASE)
_SERIES = ("title", "thing", "thing_id", "procedure", "unit", "observed_property", "source_url")


def clean(text: str, *, of: str = "") -> str:
    """Return a text as it may be kept; the same text if there is nothing wrong with it.

    `of` is the name it stands under: "JavaScript: a course" is a title, but no address.
    """
    if len(text) <= LONGEST and text.isprintable() and ":" not in text:
        return text
    plain = _HIDDEN.sub("", text[:LONGEST])
    script = _SCRIPT.match(plain) if ":" in plain else None
    return "" if script and (not script[1] or _ADDRESS.search(of)) else plain


def clean_batch(batch: Batch) -> Batch:
    """Return the batch with every text as it may be kept, an issue for each that was not."""
    issues = Issues()
    series = tuple(_series(one, issues) for one in batch.series)
    observations = batch.observations
    if any(isinstance(one.result, str) for one in observations):
        observations = tuple(_observation(one, issues) for one in observations)
    records = tuple(kept for one in batch.records if (kept := _record(one, issues)) is not None)
    if not issues:
        return batch
    return replace(
        batch,
        series=series,
        observations=observations,
        records=records,
        issues=(*batch.issues, *issues),
    )


def _series(one: Series, issues: Issues) -> Series:
    said = {name: getattr(one, name) for name in _SERIES}
    changes: dict[str, Any] = _changes(said, one.key, issues)
    return replace(one, **changes) if changes else one


def _observation(one: Observation, issues: Issues) -> Observation:
    changes = _changes({"result": one.result}, one.series, issues)
    return replace(one, result=changes["result"]) if changes else one


def _record(one: Record, issues: Issues) -> Record | None:
    id = clean(one.id)
    where = f"{one.kind} {id[:LONGEST_ID]}"
    if not id or len(id) > LONGEST_ID:
        issues.append(_issue(where, "has no name that can be kept"))
        return None
    changes = _changes(one.fields, where, issues)
    if id != one.id:
        issues.append(_issue(where, "its name had characters that cannot be shown"))
    elif not changes:
        return one
    return replace(one, id=id, fields={**one.fields, **changes})


def _changes(said: Mapping[str, Any], where: str, issues: Issues) -> dict[str, str]:
    """Return the texts that had to be changed, by name."""
    changes = {}
    for name, text in said.items():
        if isinstance(text, str) and (kept := clean(text, of=name)) != text:
            changes[name] = kept
            what = "held what cannot be shown" if kept else "cannot be shown: left out"
            issues.append(_issue(f"{where} {name}", what, text))
    return changes


def _issue(where: str, what: str, item: str = "") -> Issue:
    return Issue(where=where, what=what, severity=Severity.WARNING, item=item[:300])
