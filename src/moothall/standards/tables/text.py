"""Bytes that should be text: in which encoding, and which rows are not in it."""

import codecs
import re
from dataclasses import dataclass

from moothall.standards.tables.faults import Faults

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""UTF-32 stands before UTF-16, whose mark it begins with."""
_MOJIBAKE = re.compile("Ã[\x80-\xbf©®¡-¿]|â€[™œ\x9d“”¦–—˜]|Â[£°§©®\xa0]")
_SAMPLE = 4096


@dataclass(frozen=True, slots=True)
class Text:
    """A text, and how it was written."""

    text: str
    encoding: str


def decode(body: bytes, faults: Faults) -> Text:
    """Read bytes as text, whatever encoding they are in; never fails.

    Shape:   a byte-order mark decides; else UTF-16 shows by its zeros; else UTF-8 if it is that;
             else Windows-1252, row by row where only some rows are not UTF-8.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _noted(body[len(mark) :].decode(encoding, "replace"), encoding, faults)
    wide = _wide(body[:_SAMPLE])
    if wide:
        return _noted(body.decode(wide, "replace"), wide, faults)
    try:
        return _noted(body.decode("utf-8"), "utf-8", faults)
    except UnicodeDecodeError:
        return _by_row(body, faults)


def _wide(sample: bytes) -> str:
    """Name the UTF-16 that a sample without a mark is in, "" if none: every other byte is zero."""
    if len(sample) < 4 or b"\0" not in sample:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.6 * half and even < 0.1 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 * half and odd < 0.1 * half else ""


def _by_row(body: bytes, faults: Faults) -> Text:
    lines = body.split(b"\n")
    read, strays, truly = [], [], 0
    for number, line in enumerate(lines, start=1):
        try:
            read.append(line.decode("utf-8"))
            truly += not line.isascii()
        except UnicodeDecodeError:
            # The five bytes that Windows-1252 leaves out are read as the controls they are in
            # Latin-1, and told as unreadable below.
            read.append(line.decode("cp1252") if _all_known(line) else line.decode("latin-1"))
            strays.append(number)
    if truly:
        faults.add_rows("encoding-mixed", rows=strays, values=[read[n - 1] for n in strays])
        return _noted("\n".join(read), "utf-8", faults)
    faults.add("encoding-guessed")
    return _noted("\n".join(read), "windows-1252", faults)


def _all_known(line: bytes) -> bool:
    return not any(byte in line for byte in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"))


def _noted(text: str, encoding: str, faults: Faults) -> Text:
    """Tell the rows with signs of having been read wrongly before they came here."""
    if not text.isascii():
        bad = "\ufffd" in text or re.search("[\x80-\x9f]", text) is not None
        if bad or _MOJIBAKE.search(text):
            for number, line in enumerate(text.split("\n"), start=1):
                if "\ufffd" in line or re.search("[\x80-\x9f]", line):
                    faults.add("unreadable-character", row=number, value=line)
                elif _MOJIBAKE.search(line):
                    faults.add("mojibake", row=number, value=line)
    return Text(text, encoding)
