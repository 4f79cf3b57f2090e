"""The lake's tables: segments as they arrive, the latest of each series, the current records."""

from moothall.kernel.observations.database import Cursor, Step
from moothall.values.observations import Origin

OBSERVATIONS = "observations"
"""The stream of observations; each kind of record has its own, `record:<kind>`."""


def record_stream(kind: str) -> str:
    """Name the stream of one kind of record."""
    return f"record:{kind}"


def _into_blocks(cursor: Cursor) -> None:
    """Put what stood one row a series into blocks."""
    cursor.execute(
        "SELECT series, at, until, value, text, first_at, segment, quality, origin FROM latest"
    )
    if rows := cursor.fetchall():
        from moothall.kernel.observations.mirror import Mirror

        Mirror().take_rows(cursor, rows)


STEPS: tuple[tuple[Step, ...], ...] = (
    (
        # What a series is. Its id is what segments and sealed files carry.
        """CREATE TABLE series (
            id {identity}, key {plain} NOT NULL UNIQUE, feed TEXT NOT NULL,
            title TEXT NOT NULL, unit TEXT NOT NULL, observed_property TEXT NOT NULL,
            thing TEXT NOT NULL, thing_id TEXT NOT NULL, procedure TEXT NOT NULL,
            lon DOUBLE PRECISION, lat DOUBLE PRECISION, source_url TEXT NOT NULL)""",
        "CREATE INDEX series_feed ON series (feed)",
        # One row a micro-batch and stream: who brought it, when, out of which bytes. The body
        # goes when it is sealed; the row stays, so that every sealed fact leads to its raw bytes.
        """CREATE TABLE segment (
            id {identity}, stream TEXT NOT NULL, feed TEXT NOT NULL, key TEXT NOT NULL,
            raw TEXT NOT NULL, received_at BIGINT NOT NULL, origin SMALLINT NOT NULL,
            rows INTEGER NOT NULL, late INTEGER NOT NULL, from_at BIGINT, until_at BIGINT,
            checksum BIGINT NOT NULL,
            body {blob}, UNIQUE (feed, key, stream))""",
        "CREATE INDEX segment_hot ON segment (stream, id) WHERE body IS NOT NULL",
        # Instants are microseconds since 1970, in UTC.
        """CREATE TABLE latest (
            series {number} PRIMARY KEY, at BIGINT NOT NULL, until BIGINT, value DOUBLE PRECISION,
            text TEXT, quality SMALLINT NOT NULL, origin SMALLINT NOT NULL,
            segment BIGINT NOT NULL, first_at BIGINT NOT NULL){roomy}""",
        """CREATE TABLE record_current (
            kind TEXT NOT NULL, id {plain} NOT NULL, from_at BIGINT NOT NULL, fields TEXT NOT NULL,
            geometry TEXT, west DOUBLE PRECISION, south DOUBLE PRECISION, east DOUBLE PRECISION,
            north DOUBLE PRECISION, digest TEXT NOT NULL, gone SMALLINT NOT NULL,
            origin SMALLINT NOT NULL, feed TEXT NOT NULL, segment BIGINT NOT NULL,
            PRIMARY KEY (kind, id))""",
        # What each feed has said so far: whether it has truly spoken, and its newest full list,
        # and whether that was doubted; of no feed, how often series were declared.
        """CREATE TABLE spoken (
            feed TEXT NOT NULL, stream TEXT NOT NULL, at BIGINT NOT NULL,
            PRIMARY KEY (feed, stream))""",
    ),
    (
        # Up to which segment each stream is sealed, with all of it seen onto the disk.
        "CREATE TABLE sealed_up_to (stream TEXT PRIMARY KEY, segment BIGINT NOT NULL)",
        """INSERT INTO sealed_up_to SELECT stream, max(id) FROM segment
            WHERE body IS NULL AND rows > 0 GROUP BY stream""",
    ),
    (
        # What stands as newest, many series to a row: see `blocks`.
        """CREATE TABLE newest (
            block {number} PRIMARY KEY, segment BIGINT NOT NULL, body {blob} NOT NULL, texts TEXT)
            {roomy}""",
        "{plainly}",
        _into_blocks,
        "DROP TABLE latest",
        # How often series had been declared when this one last said something new.
        "ALTER TABLE series ADD COLUMN said BIGINT NOT NULL DEFAULT 0",
        "CREATE INDEX series_said ON series (said)",
        # So that it is cheap to ask which streams there are and what is newest of each.
        "CREATE INDEX segment_stream ON segment (stream, id)",
        "CREATE INDEX record_segment ON record_current (kind, segment)",
        f"CREATE INDEX segment_simulated ON segment (feed) WHERE origin = {int(Origin.SIMULATED)}",
    ),
)

UNSEALED = f"""body IS NOT NULL AND (origin = {int(Origin.SIMULATED)} OR id > coalesce((
    SELECT u.segment FROM sealed_up_to u WHERE u.stream = segment.stream), 0))"""
"""Which segments are not known to be sealed; those sealed of late keep their bodies a while."""
