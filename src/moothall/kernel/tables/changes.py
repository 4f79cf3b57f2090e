"""What changed from one version of a table to the next: columns, and rows by their key."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moothall.kernel.tables import versions
from moothall.kernel.tables.versions import Version

if TYPE_CHECKING:
    import pyarrow as pa

MOST_SHOWN = 50
_MEMORY = "1GB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What the later of two versions says that the earlier does not, and the other way."""

    before: int
    after: int
    added: int
    removed: int
    changed: int
    key: str
    """The column by which rows are told apart, "" where they are compared whole."""
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    columns_retyped: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str | None, ...]], ...]
    """The first of them: "added", "removed", "before" or "after", and its cells."""
    shown: tuple[str, ...]
    """The columns of `rows`."""

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.removed or self.changed or self.of_columns)

    @property
    def of_columns(self) -> bool:
        """Whether the columns changed."""
        return bool(self.columns_added or self.columns_removed or self.columns_retyped)


def compare(before: Version, after: Version, *, key: str = "") -> Changes:
    """Compare two versions of a table.

    Shape:   by `key`, or by the first column that tells every row apart in both; else whole rows,
             which can be added and removed but not changed.
    Errors:  OSError if a version's file is lost.
    """
    import duckdb

    old, new = _own(before), _own(after)
    was = {column.name: column.type for column in before.columns}
    now = {column.name: column.type for column in after.columns}
    both = tuple(name for name in new.column_names if name in set(old.column_names))
    with duckdb.connect(":memory:", config={"memory_limit": _MEMORY, "threads": 1}) as connection:
        connection.register("old_rows", _texts(old, both))
        connection.register("new_rows", _texts(new, both))
        places = tuple(f"c{number}" for number in range(len(both)))
        found = key if key in both else _find_key(connection, both)
        rows, counts = (
            _by_key(connection, places, places[both.index(found)])
            if found
            else _whole(connection, places)
        )
    return Changes(
        before=before.number,
        after=after.number,
        **counts,
        key=found,
        columns_added=tuple(name for name in now if name not in was),
        columns_removed=tuple(name for name in was if name not in now),
        columns_retyped=tuple(name for name in now if name in was and now[name] != was[name]),
        rows=rows,
        shown=both,
    )


def _own(version: Version) -> "pa.Table":
    """Read what a version says: not where in its file a row stood."""
    table = versions.read(version)
    return table.select([name for name in table.column_names if name != version.file_row])


def _texts(table: "pa.Table", names: tuple[str, ...]) -> "pa.Table":
    """Lay columns out as texts under names of ours: what was typed anew may say the same."""
    import pyarrow as pa

    if not names:
        return pa.table({"c": pa.nulls(table.num_rows, pa.string())})
    return pa.table({f"c{n}": table[name].cast(pa.string()) for n, name in enumerate(names)})


def _one(connection: Any, sql: str) -> int:
    return int(connection.execute(sql).fetchone()[0])


def _find_key(connection: Any, names: tuple[str, ...]) -> str:
    for number, name in enumerate(names):
        if all(
            connection.execute(
                f"SELECT count(*) > 0 AND count(DISTINCT c{number}) = count(*) FROM {rows}"
            ).fetchone()[0]
            for rows in ("old_rows", "new_rows")
        ):
            return name
    return ""


Rows = tuple[tuple[str, tuple[str | None, ...]], ...]


def _said(connection: Any, kind: str, sql: str) -> Rows:
    return tuple(
        (kind, tuple(row)) for row in connection.execute(f"{sql} LIMIT {MOST_SHOWN}").fetchall()
    )


def _by_key(connection: Any, places: tuple[str, ...], key: str) -> tuple[Rows, dict[str, int]]:
    columns = ", ".join(places)
    missing = "SELECT {c} FROM {a} WHERE {k} NOT IN (SELECT {k} FROM {b} WHERE {k} IS NOT NULL)"
    added = missing.format(c=columns, a="new_rows", b="old_rows", k=key)
    removed = missing.format(c=columns, a="old_rows", b="new_rows", k=key)
    differs = " OR ".join(f"o.{place} IS DISTINCT FROM n.{place}" for place in places)
    joined = f"FROM old_rows o JOIN new_rows n ON o.{key} = n.{key} WHERE {differs}"
    pairs = connection.execute(
        f"SELECT {', '.join(f'o.{p}' for p in places)}, {', '.join(f'n.{p}' for p in places)}"
        f" {joined} LIMIT {MOST_SHOWN}"
    ).fetchall()
    changed = tuple(
        one
        for pair in pairs
        for one in (("before", pair[: len(places)]), ("after", pair[len(places) :]))
    )
    counts = {
        "added": _one(connection, f"SELECT count(*) FROM ({added})"),
        "removed": _one(connection, f"SELECT count(*) FROM ({removed})"),
        "changed": _one(connection, f"SELECT count(*) {joined}"),
    }
    rows = (*_said(connection, "added", added), *_said(connection, "removed", removed), *changed)
    return rows, counts


def _whole(connection: Any, places: tuple[str, ...]) -> tuple[Rows, dict[str, int]]:
    columns = ", ".join(places) or "c"
    added = f"SELECT {columns} FROM new_rows EXCEPT ALL SELECT {columns} FROM old_rows"
    removed = f"SELECT {columns} FROM old_rows EXCEPT ALL SELECT {columns} FROM new_rows"
    counts = {
        "added": _one(connection, f"SELECT count(*) FROM ({added})"),
        "removed": _one(connection, f"SELECT count(*) FROM ({removed})"),
        "changed": 0,
    }
    if not places:
        return (), counts
    first = _said(connection, "added", f"SELECT * FROM ({added})")
    return (*first, *_said(connection, "removed", f"SELECT * FROM ({removed})")), counts
