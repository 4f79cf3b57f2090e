"""Every fact of a pack says where it is from and on what terms it may be used."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from moothall.kernel.pack_check.problems import nearest

LICENCES = frozenset(
    {
        "OGL-UK-3.0",
        "OGL-UK-2.0",
        "CC0-1.0",
        "CC-BY-3.0",
        "CC-BY-4.0",
        "CC-BY-SA-3.0",
        "CC-BY-SA-4.0",
        "ODbL-1.0",
        "ODC-By-1.0",
        "PDDL-1.0",
        "MIT",
    }
)
"""The licences a pack may name, as SPDX writes them: all let a city publish what it was given."""

_URL = re.compile(r"https?://[^\s/]+\.[^\s/]+(/\S*)?")


def wrong_credits(row: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Say what is wrong with a row's `source` and `licence`: the key, what, how to mend it."""
    source, licence = row.get("source") or "", row.get("licence") or ""
    if not source:
        yield "source", "has no source", "Give the address it was taken from"
    elif not isinstance(source, str) or not _URL.fullmatch(source):
        yield "source", f"has a source that is no web address: {source!r}", "Give its address"
    if not licence:
        yield "licence", "has no licence", 'Name the licence: licence = "OGL-UK-3.0"'
    elif licence not in LICENCES:
        yield (
            "licence",
            f"has a licence we do not know: {licence!r}{nearest(str(licence), LICENCES)}",
            f"Write one of {', '.join(sorted(LICENCES))}",
        )
