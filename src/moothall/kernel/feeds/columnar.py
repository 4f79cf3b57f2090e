"""What observations in columns must be before they are stored: as `checks` and `texts` have it."""

from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import TYPE_CHECKING

from moothall.kernel.feeds import texts
from moothall.values.issues import Issues
from moothall.values.observations import Severity

if TYPE_CHECKING:
    import pyarrow as pa


def check(
    table: "pa.Table", *, outside: AbstractSet[str], ahead: datetime, issues: Issues
) -> "pa.Table":
    """Return the table without what cannot be true here, its texts as they may be kept.

    Shape:   one issue for all rows measured in the future, for there may be millions; the series
             that are outside have had theirs.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not table.num_rows:
        return table
    if outside:
        named = pa.array(sorted(outside), pa.string())
        table = table.filter(pc.invert(pc.is_in(table["series"].cast(pa.string()), named)))
    late = pc.greater(table["at"], pa.scalar(ahead)).combine_chunks().fill_null(False)
    if late.true_count:
        first = table.filter(late).slice(0, 1).to_pylist()[0]
        issues.note(
            where=str(first["series"]),
            what=f"measured in the future: {late.true_count} rows, of which this is the first",
            severity=Severity.ERROR,
            item=f"{first['at'].isoformat()} {first.get('value')}",
        )
        table = table.filter(pc.invert(late))
    return _cleaned(table, issues)


def _cleaned(table: "pa.Table", issues: Issues) -> "pa.Table":
    import pyarrow as pa

    place = table.column_names.index("text") if "text" in table.column_names else -1
    if place < 0 or table["text"].null_count == table.num_rows:
        return table
    coded = table["text"].cast(pa.string()).combine_chunks().dictionary_encode()
    said = coded.dictionary.to_pylist()
    kept = [texts.clean(text, of="result") for text in said]
    if kept == said:
        return table
    for text, fit in zip(said, kept, strict=True):
        if text != fit:
            what = "held what cannot be shown" if fit else "cannot be shown: left out"
            issues.note(where="text", what=what, item=text[:300])
    cleaned = pa.array(kept, pa.string()).take(coded.indices)
    return table.set_column(place, "text", cleaned)


def joined(tables: "list[pa.Table]") -> "pa.Table | None":
    """Put the columns of many payloads end to end; what one leaves out is missing there."""
    if len(tables) < 2:
        return tables[0] if tables else None
    import pyarrow as pa

    plain = [
        table.set_column(
            table.column_names.index("series"), "series", table["series"].cast(pa.string())
        )
        for table in tables
    ]
    whole = pa.concat_tables(plain, promote_options="permissive")
    for name in ("quality", "origin"):
        if name in whole.column_names and whole[name].null_count:
            place = whole.column_names.index(name)
            whole = whole.set_column(place, name, whole[name].fill_null(0))
    return whole
