"""What a spreadsheet would do with a text in a file of ours: the one rule against formulas."""

import re
from typing import Any

RISKY = r"^[\s\x00\x{A0}\x{FEFF}\x{200B}]*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]|^[\t\r\n]"
"""What a spreadsheet may take for a formula, as Arrow writes an expression."""
NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?$"
_RISKY = re.compile(r"[\s\x00\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?\Z")


def neutralise(texts: Any) -> Any:
    """Make a column of texts safe to open in a spreadsheet: none of them can act as a formula.

    A plain number keeps its sign.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    sign, nothing = pa.scalar("'", texts.type), pa.scalar("", texts.type)
    risky = pc.and_(
        pc.match_substring_regex(texts, RISKY), pc.invert(pc.match_substring_regex(texts, NUMBER))
    )
    return pc.if_else(risky, pc.binary_join_element_wise(sign, texts, nothing), texts)


def neutralise_table(table: Any) -> Any:
    """Make every text of a table safe to open in a spreadsheet."""
    import pyarrow as pa

    for number, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            table = table.set_column(number, field.name, neutralise(table.column(number)))
    return table


def safe(cell: Any) -> Any:
    """Make one cell safe as `neutralise` does; what is no text stays as it is."""
    if isinstance(cell, str) and _RISKY.match(cell) and not _NUMBER.match(cell):
        return f"'{cell}"
    return cell
