"""The tables officers keep: what is said of each, what was read, and what changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from moothall.civic.opendata.models import File, Table
from moothall.civic.opendata.rules import disclosure, tables
from moothall.civic.opendata.rules.disclosure import Finding
from moothall.kernel.tables import changes, versions
from moothall.kernel.tables.changes import Changes
from moothall.kernel.tables.versions import Version
from moothall.standards.tables.faults import SORTS
from moothall.values.observations import Column, Mender, Severity

if TYPE_CHECKING:
    import pyarrow as pa

FIRST_ROWS = 10
FIRST_FAULTS = 5


class UnableToFindTable(LookupError):
    """Officers keep no such table, or it has no such version."""


class TableWithdrawn(LookupError):
    """There was such a table, and it is withdrawn."""

    def __init__(self, entry: "TableEntry") -> None:
        super().__init__(f"{entry.title} is withdrawn.")
        self.entry = entry


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEntry:
    """A table, as its officers describe it."""

    slug: str
    name: str
    title: str
    summary: str
    publisher: str
    licence: str
    theme: str
    contact: str
    promise: timedelta | None
    keywords: tuple[str, ...]
    url: str
    """Where its file is fetched from; "" where an officer brings it."""
    every: timedelta | None
    checked_at: datetime | None
    check_at: datetime | None
    trouble: str
    """What went wrong when its file was last asked for."""
    state: str
    why: str
    made_at: datetime
    changed_at: datetime
    version: Version | None
    """The newest the public may see."""
    waits: bool
    """Whether a file waits to be published."""

    @property
    def attribution(self) -> str:
        """What must be said when it is used."""
        return f"Contains data of {self.publisher}."


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """A file an officer brought, and what became of it."""

    sha256: str
    name: str
    bytes: int
    form: str
    encoding: str
    delimiter: str
    state: str
    version: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultGroup:
    """All faults of one sort in one column."""

    sort: str
    words: str
    severity: Severity
    mender: Mender
    column: str
    count: int
    first: tuple[tuple[int | None, str], ...]
    """Row and value of the first few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A file that waits: what was read of it, and what publishing it would mean."""

    file: FileEntry
    version: Version
    columns: tuple[Column, ...]
    left_out: tuple[str, ...]
    cells: tuple[tuple[str | None, ...], ...]
    faults: tuple[FaultGroup, ...]
    findings: tuple[Finding, ...]
    changes: Changes | None
    """None for the first version."""
    asked_twice: tuple[str, ...]

    @property
    def is_new(self) -> bool:
        """Whether it says anything that the public does not see already."""
        return self.changes is None or self.changes.any


def list_published() -> tuple[TableEntry, ...]:
    """Return the tables the public sees, by title."""
    newest = {version.name: version for version in versions.list_newest()}
    found = Table.objects.filter(state=Table.State.PUBLISHED).order_by("title", "slug")
    return tuple(_entry(one, newest[one.name]) for one in found if one.name in newest)


def list_tables() -> tuple[TableEntry, ...]:
    """Return every table, as officers see them, by title."""
    newest = {version.name: version for version in versions.list_newest()}
    waiting = set(File.objects.filter(state=File.State.WAITING).values_list("table_id", flat=True))
    return tuple(
        _entry(one, newest.get(one.name), waits=one.pk in waiting)
        for one in Table.objects.order_by("title", "slug")
    )


def get_table(slug: str) -> TableEntry:
    """Return a table as officers see it; errors: UnableToFindTable."""
    one = _get(slug)
    found = [version for version in versions.list_versions(one.name) if not version.gone]
    waits = one.files.filter(state=File.State.WAITING).exists()
    return _entry(one, found[-1] if found else None, waits=waits)


def list_files(slug: str) -> tuple[FileEntry, ...]:
    """Return the files brought for a table, newest first; errors: UnableToFindTable."""
    return tuple(map(_file, _get(slug).files.order_by("-at", "-pk")))


def get_said(slug: str) -> tables.Said:
    """Return what officers say of a table's columns; errors: UnableToFindTable."""
    said: tables.Said = _get(slug).said
    return said


def get_published(name: str) -> TableEntry:
    """Return a table the public sees, by its dataset's name.

    Errors:  UnableToFindTable; TableWithdrawn.
    """
    prefix, _dot, slug = name.partition(".")
    if prefix != "table":
        raise UnableToFindTable(f"{name[:100]!r} is not a table.")
    entry = get_table(slug)
    if entry.state == Table.State.WITHDRAWN:
        raise TableWithdrawn(entry)
    if entry.state != Table.State.PUBLISHED or entry.version is None:
        raise UnableToFindTable(f"There is no table {slug[:100]!r}.")
    return entry


def list_versions(entry: TableEntry) -> tuple[Version, ...]:
    """Return what a table has said, newest first."""
    return tuple(reversed(versions.list_versions(entry.name)))


def get_version(
    entry: TableEntry, number: int | None = None, *, as_of: datetime | None = None
) -> Version:
    """Return one of a table's versions; errors: UnableToFindTable."""
    try:
        found = versions.get_version(entry.name, number, as_of=as_of)
    except versions.UnableToFindTable as fault:
        raise UnableToFindTable(str(fault)) from None
    if found.gone:
        raise UnableToFindTable("The table was withdrawn at that time.")
    return found


def get_waiting(slug: str) -> Waiting | None:
    """Return the file that waits for a table, None if none does; errors: UnableToFindTable."""
    one = _get(slug)
    file = one.files.filter(state=File.State.WAITING).first()
    if file is None:
        return None
    try:
        draft = versions.get_version(one.draft)
        rows, faults = versions.read(draft), versions.read_faults(draft)
    except (versions.UnableToFindTable, OSError):
        # A backup does not keep what was let go while it was made: the file is brought again.
        return None
    before = published_version(one)
    return Waiting(
        file=_file(file),
        version=draft,
        columns=draft.columns,
        left_out=tuple(name for name, about in one.said.items() if about.get("out")),
        cells=tuple(list_cells(draft, rows, FIRST_ROWS)),
        faults=group_faults(faults),
        findings=disclosure.check(rows, draft.columns, faults=faults, row=draft.file_row),
        changes=changes.compare(before, draft) if before else None,
        asked_twice=ask_twice(before, draft),
    )


def published_version(one: Table) -> Version | None:
    """Return the version of a table that the public sees, None if it sees none."""
    if one.state != Table.State.PUBLISHED:
        return None
    return versions.get_version(one.name)


def ask_twice(before: Version | None, after: Version) -> tuple[str, ...]:
    """Name what in a new version should be meant; nothing for the first."""
    if before is None:
        return ()
    return tables.ask_twice(
        rows_before=before.rows,
        rows_after=after.rows,
        before=before.columns,
        after=after.columns,
    )


def list_cells(version: Version, rows: "pa.Table", most: int) -> Iterator[tuple[str | None, ...]]:
    """Write the first rows out as texts, column by column."""
    for row in rows.slice(0, most).select([c.name for c in version.columns]).to_pylist():
        yield tuple(None if value is None else str(value) for value in row.values())


def group_faults(faults: "pa.Table") -> tuple[FaultGroup, ...]:
    """Gather faults by sort and column, the worst first."""
    groups = []
    pairs = faults.group_by(["sort", "column"]).aggregate([("sort", "count")]).to_pylist()
    for pair in pairs:
        same = pc.and_(
            pc.equal(faults["sort"], pair["sort"]), pc.equal(faults["column"], pair["column"])
        )
        first = faults.filter(same).slice(0, FIRST_FAULTS).to_pylist()
        sort = SORTS[pair["sort"]]
        groups.append(
            FaultGroup(
                sort=pair["sort"],
                words=sort.words,
                severity=sort.severity,
                mender=sort.mender,
                column=pair["column"],
                count=pair["sort_count"],
                first=tuple((one["row"], one["value"]) for one in first),
            )
        )
    worst = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return tuple(sorted(groups, key=lambda one: (worst[one.severity], -one.count, one.column)))


def _get(slug: str) -> Table:
    try:
        return Table.objects.get(slug=slug)
    except Table.DoesNotExist:
        raise UnableToFindTable(f"There is no table {slug[:100]!r}.") from None


def _file(one: File) -> FileEntry:
    return FileEntry(
        sha256=one.sha256,
        name=one.name,
        bytes=one.bytes,
        form=one.form,
        encoding=one.encoding,
        delimiter=one.delimiter,
        state=one.state,
        version=one.version,
        at=one.at,
    )


def _entry(one: Table, version: Version | None, *, waits: bool = False) -> TableEntry:
    return TableEntry(
        slug=one.slug,
        name=one.name,
        title=one.title,
        summary=one.summary,
        publisher=one.publisher,
        licence=one.licence,
        theme=one.theme,
        contact=one.contact,
        promise=None if one.promise_days is None else timedelta(days=one.promise_days),
        keywords=tuple(filter(None, one.keywords.split(", "))),
        url=one.url,
        every=None if one.every_hours is None else timedelta(hours=one.every_hours),
        checked_at=one.checked_at,
        check_at=one.check_at,
        trouble=one.trouble,
        state=one.state,
        why=one.why,
        made_at=one.made_at,
        changed_at=one.changed_at,
        version=version,
        waits=waits,
    )
