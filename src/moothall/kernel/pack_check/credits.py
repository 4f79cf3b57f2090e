"""Every fact of a pack says where it is from and on what terms it may be used."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from moothall.kernel.pack_check.problems import nearest
from moothall.standards.licences import LICENCES

_OWN = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
"""Terms of a publisher's own, as SPDX names what is not in its list."""
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
    elif licence not in LICENCES and not _OWN.fullmatch(str(licence)):
        yield (
            "licence",
            f"has a licence we do not know: {licence!r}{nearest(str(licence), LICENCES)}",
            "Write its SPDX name, such as OGL-UK-3.0, CC-BY-4.0, ODbL-1.0 or DL-DE-BY-2.0; "
            "LicenseRef-<name> for a publisher's own terms",
        )
