"""Keeps a batch: one durable transaction of segments, latest values and current records."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from moothall.kernel.observations import columns, records, schema, segments
from moothall.kernel.observations.catalogue import Catalogue
from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.entries import Receipt
from moothall.kernel.observations.mirror import Mirror
from moothall.kernel.observations.segments import Delivery
from moothall.values.observations import Batch, Issue, Mender, Origin, Severity

_NAMED = 20
"""How many undeclared series get an issue each; the rest share one."""


def origin_of(batch: Batch) -> Origin:
    """Return where a batch's facts come from; LIVE if it brings none.

    Errors:  ValueError if only some of its facts are simulated.
    """
    found = {fact.origin for fact in batch.observations} | {fact.origin for fact in batch.records}
    if batch.table is not None and "origin" in batch.table.column_names:
        found |= {Origin(value) for value in pc.unique(batch.table["origin"]).to_pylist()}
    elif batch.table is not None and len(batch.table):
        found.add(Origin.LIVE)
    if Origin.SIMULATED in found and len(found) > 1:
        raise ValueError("a batch is simulated in whole or not at all")
    return max(found, default=Origin.LIVE)


def keep(
    cursor: Cursor,
    catalogue: Catalogue,
    mirror: Mirror,
    batch: Batch,
    delivery: Delivery,
    *,
    prepared: records.Prepared,
) -> Receipt:
    """Write one batch in the transaction of `cursor`, which holds the lake's writing lock."""
    if segments.was_kept(cursor, delivery):
        return Receipt(repeated=True, duplicates=len(batch.observations))
    if delivery.origin is Origin.SIMULATED:
        if segments.has_spoken(cursor, delivery.feed):
            unwanted = Issue(
                where=delivery.feed,
                what="Simulated facts of a feed that has truly spoken were not kept.",
                severity=Severity.INFO,
                mender=Mender.US,
            )
            return Receipt(issues=(unwanted,))
    elif not segments.has_spoken(cursor, delivery.feed):
        segments.forget_simulated(cursor, mirror, delivery.feed)
        segments.note_spoken(cursor, delivery.feed, stream=schema.OBSERVATIONS, at=delivery.now)
    catalogue.declare(cursor, batch.series, feed=delivery.feed)
    tables = [columns.table_of(batch.observations)] if batch.observations else []
    if batch.table is not None and len(batch.table):
        tables.append(batch.table)
    for number, table in enumerate(tables):
        # Two streams of one delivery would share a key: the rarer form comes as one table.
        if number == 0 and len(tables) == 2:
            continue
        whole = table if len(tables) == 1 else _joined(tables)
        _keep_observations(cursor, catalogue, mirror, whole, delivery)
    records.keep(cursor, batch, delivery, prepared=prepared)
    if not delivery.segments:
        segments.write(cursor, delivery, stream=schema.OBSERVATIONS, body=None, rows=0, span=None)
    return Receipt(
        observations=delivery.observations,
        records=delivery.records,
        duplicates=delivery.duplicates,
        unchanged=delivery.unchanged,
        segments=tuple(delivery.segments),
        issues=tuple(delivery.issues),
        doubted=delivery.doubted,
    )


def _completed(table: pa.Table) -> pa.Table:
    """Give a table the columns it left out."""
    made = []
    for field in columns.OBSERVATIONS:
        if field.name in table.column_names:
            column = table[field.name]
            made.append(column if field.name == "series" else column.cast(field.type))
        elif field.nullable:
            made.append(pa.nulls(len(table), field.type))
        else:
            made.append(pa.array(np.zeros(len(table), dtype=np.int8)))
    return pa.table(made, names=columns.OBSERVATIONS.names)


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    plain = [
        _completed(table).set_column(0, "series", table["series"].cast(pa.string()))
        for table in tables
    ]
    return pa.concat_tables(plain)


def _numbered(
    cursor: Cursor, catalogue: Catalogue, mirror: Mirror, table: pa.Table, delivery: Delivery
) -> tuple[pa.Table, "np.ndarray[Any, Any]"]:
    """Put series' numbers beside the rows; drop rows that are unfit, each with an issue."""
    coded = table["series"]
    if not pa.types.is_dictionary(coded.type):
        coded = coded.dictionary_encode()
    coded = coded.unify_dictionaries().combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.chunk(0)
    lookup, unknown = mirror.numbers(cursor, catalogue, delivery.feed, coded.dictionary)
    codes = coded.indices.fill_null(0).to_numpy(zero_copy_only=False)
    series = lookup[codes]
    _report_undeclared(delivery, unknown)
    has_text = np.asarray(table["text"].is_valid())
    has_value = np.asarray(table["value"].is_valid())
    finite = np.isfinite(table["value"].to_numpy())
    fit = np.where(has_text, ~has_value, has_value & finite) & np.asarray(table["at"].is_valid())
    if table["until"].null_count < len(table):
        ends_early = pc.less_equal(table["until"], table["at"]).fill_null(False)
        fit &= ~np.asarray(ends_early)
    if not fit.all():
        delivery.issues.append(
            Issue(
                where=delivery.feed,
                what=f"{int((~fit).sum())} rows have no usable result or instant.",
                severity=Severity.ERROR,
                mender=Mender.US,
            )
        )
    return table, np.where(fit, series, -1)


def _report_undeclared(delivery: Delivery, keys: Sequence[str | None]) -> None:
    for key in keys[:_NAMED]:
        delivery.issues.append(
            Issue(
                where=str(key),
                what="Observations of a series that nobody declared were not kept.",
                severity=Severity.ERROR,
                mender=Mender.US,
            )
        )
    if len(keys) > _NAMED:
        delivery.issues.append(
            Issue(
                where=delivery.feed,
                what=f"{len(keys) - _NAMED} more series were not declared.",
                severity=Severity.ERROR,
                mender=Mender.US,
            )
        )


def _keep_observations(
    cursor: Cursor, catalogue: Catalogue, mirror: Mirror, given: pa.Table, delivery: Delivery
) -> None:
    table, series = _numbered(cursor, catalogue, mirror, _completed(given), delivery)
    instants = columns.int64s(table["at"].fill_null(0))
    order = np.lexsort((instants, series))
    series, instants = series[order], instants[order]
    # Of several rows for one series and instant, the last given stands.
    last = np.ones(len(order), dtype=bool)
    last[:-1] = (series[1:] != series[:-1]) | (instants[1:] != instants[:-1])
    declared = series >= 0
    delivery.duplicates += int((declared & ~last).sum())
    keep = declared & last
    series, instants, order = series[keep], instants[keep], order[keep]
    if not len(order):
        return
    table = table.take(pa.array(order))
    mirror.follow(cursor, int(series.max()))
    fresh = ~mirror.repeats(table, series, instants)
    delivery.duplicates += int((~fresh).sum())
    if not fresh.any():
        return
    if not fresh.all():
        table, series, instants = table.filter(pa.array(fresh)), series[fresh], instants[fresh]
    kept = table.set_column(0, "series", pa.array(series, pa.int32()))
    number = segments.write(
        cursor,
        delivery,
        stream=schema.OBSERVATIONS,
        body=columns.pack(kept),
        rows=len(kept),
        late=int((instants <= mirror.at[series]).sum()),
        span=(int(instants.min()), int(instants.max())),
    )
    delivery.observations += len(kept)
    _raise_latest(cursor, mirror, kept, series, instants, segment=number)


def _raise_latest(
    cursor: Cursor, mirror: Mirror, kept: pa.Table, series: Any, instants: Any, *, segment: int
) -> None:
    """Let the newest observation of each series stand as its latest; late ones never do."""
    starts = np.flatnonzero(np.r_[True, series[1:] != series[:-1]])
    ends = np.r_[starts[1:], len(series)] - 1
    numbers, oldest = series[ends], instants[starts]
    rises, earlier = instants[ends] >= mirror.at[numbers], oldest < mirror.first_at[numbers]
    if rises.any():
        mirror.rise(kept.take(pa.array(ends[rises])), numbers[rises], segment=segment)
    mirror.first_at[numbers[earlier]] = oldest[earlier]
    mirror.write(cursor, numbers[rises | earlier])
