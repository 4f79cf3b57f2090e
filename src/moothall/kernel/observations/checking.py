"""Proves that the lake is whole: what is kept is there, can be read, and stands once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from moothall.kernel.observations import columns, compacting, mending, schema
from moothall.kernel.observations.hot import HotSegment
from moothall.kernel.observations.shapes import ranks
from moothall.values.observations import Origin

if TYPE_CHECKING:
    from moothall.kernel.observations.holdings import Holdings
    from moothall.kernel.observations.sealed import SealedFile, SealedTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is not as it must be."""

    where: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was looked at and what was found wrong."""

    segments: int
    files: int
    rows: int
    faults: tuple[Fault, ...]


def check(lake: "Holdings", *, thorough: bool) -> Checked:
    """Check every unsealed segment and sealed file; `thorough` reads every row of them."""
    faults: list[Fault] = []
    segments, rows = _check_segments(lake, faults)
    files = 0
    with lake.database.reading() as cursor:
        top = cursor.execute("SELECT max(id) FROM segment").fetchone()
        series = cursor.execute("SELECT max(id) FROM series").fetchone()
    newest, last_series = (int(row[0] or 0) if row else 0 for row in (top, series))
    for stream in compacting.sealed_streams(lake.database):
        table = lake.sealed(stream)
        if torn := mending.find_torn(table):
            version = min(torn)
            what = f"commit {version} is torn ({torn[version]}): `moothall lake check --mend`"
            faults.append(Fault(where=table.shape.name, what=what))
            continue
        snapshot = table.snapshot()
        if snapshot.watermark > newest:
            what = (
                f"is sealed up to segment {snapshot.watermark}, but the database only knows"
                f" {newest}: one of the two was restored from an older copy"
            )
            faults.append(Fault(where=stream, what=what))
        for file in snapshot.files:
            files += 1
            rows += file.rows
            what = _fault_of(table, file, thorough=thorough, last_series=last_series)
            if what:
                faults.append(Fault(where=f"{table.shape.name}/{file.name}", what=what))
        if thorough:
            faults += _repeats(table, snapshot.files)
    return Checked(segments=segments, files=files, rows=rows, faults=tuple(faults))


def _check_segments(lake: "Holdings", faults: list[Fault]) -> tuple[int, int]:
    count, rows = 0, 0
    watermarks = {
        stream: 0 if mending.find_torn(table := lake.sealed(stream)) else table.snapshot().watermark
        for stream in compacting.sealed_streams(lake.database)
    }
    with lake.database.reading() as cursor:
        cursor.execute(
            "SELECT id, stream, rows, checksum, origin, late, body FROM segment"
            " WHERE body IS NOT NULL"
        )
        for number, stream, expected, checksum, origin, late, body in cursor:
            count += 1
            where = f"segment {number}"
            if columns.checksum(bytes(body)) != checksum:
                faults.append(Fault(where=where, what="its bytes are not those that were kept"))
                continue
            shape = columns.KEPT if stream == schema.OBSERVATIONS else columns.RECORDS
            unpacked = columns.unpack(bytes(body), segment=number, schema=shape)
            found = len(unpacked)
            # A sealer may have died after its commit: those rows stand in the files already.
            segment = HotSegment(number, Origin(origin), late, unpacked)
            if segment.beyond(watermarks[stream]):
                rows += found
            if found != expected:
                faults.append(Fault(where=where, what=f"holds {found} rows, not {expected}"))
    return count, rows


def _fault_of(table: "SealedTable", file: "SealedFile", *, thorough: bool, last_series: int) -> str:
    """Say what is wrong with one file; nothing if it is whole."""
    try:
        with table.open(file) as source:
            if source.metadata.num_rows != file.rows:
                return f"holds {source.metadata.num_rows} rows, not {file.rows}"
        if not thorough:
            return ""
        rows = table.read(file)
    except FileNotFoundError:
        return "is missing"
    except (OSError, pa.ArrowException) as fault:
        return f"cannot be read: {fault}"
    shape = table.shape
    if not shape.belongs(rows, file.period):
        return f"holds rows from outside {file.period}"
    who, when = ranks(rows[shape.who]), ranks(rows[shape.when])
    rises = (who[1:] > who[:-1]) | ((who[1:] == who[:-1]) & (when[1:] > when[:-1]))
    if not rises.all():
        return "is not sorted, or holds a row twice"
    if shape.who == "series" and int(who.max()) > last_series:
        return "holds series the database does not know"
    return ""


def _repeats(table: "SealedTable", files: "tuple[SealedFile, ...]") -> list[Fault]:
    """Look for rows that two files both hold."""
    faults = []
    shape = table.shape
    for some in _overlapping(files):
        try:
            rows = pa.concat_tables([table.read(f, (shape.who, shape.when)) for f in some])
        except (OSError, pa.ArrowException):
            continue
        who, when = ranks(rows[shape.who]), ranks(rows[shape.when])
        order = np.lexsort((when, who))
        who, when = who[order], when[order]
        twice = int(((who[1:] == who[:-1]) & (when[1:] == when[:-1])).sum())
        if twice:
            where = f"{shape.name} {some[0].period}"
            faults.append(Fault(where=where, what=f"{twice} rows stand in two files"))
    return faults


def _overlapping(files: "tuple[SealedFile, ...]") -> "list[list[SealedFile]]":
    """Put together files whose spans meet; those that stand alone are left out."""
    groups: list[list[SealedFile]] = []
    reaches = 0
    for file in sorted(files, key=lambda file: file.from_at):
        if groups and file.from_at <= reaches:
            groups[-1].append(file)
            reaches = max(reaches, file.until_at)
        else:
            groups.append([file])
            reaches = file.until_at
    return [group for group in groups if len(group) > 1]
