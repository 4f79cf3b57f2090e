"""One door to the lake's database: SQLite in a file, or PostgreSQL. Plain DB-API, no ORM.

SQL is written once, with `?` for each value and no `?` or `%` inside a literal's quotes.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, TypeAlias
from urllib.parse import unquote

from moothall.kernel.observations import patience, states
from moothall.kernel.observations.locks import exclusive_file, exclusive_postgres

Row = tuple[Any, ...]
Step: TypeAlias = "str | Callable[[Cursor], None]"
"""Part of a step of migration: a statement, or what no statement can do."""


class UnableToOpen(Exception):
    """The lake's database cannot be opened."""


class Cursor:
    """A DB-API cursor that reads the same SQL on both databases."""

    def __init__(self, raw: Any, *, postgres: bool, answers: states.Answers | None = None) -> None:
        self.raw = raw
        self.postgres = postgres
        self.answers = answers
        """What this state of the database has said so far, if all that is read is of one state."""
        self._rows: Iterator[Row] = iter(())
        self.locked = False
        """Whether this transaction already holds the lake's writing lock."""
        self._after_commit: list[Callable[[], None]] = []

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> "Cursor":
        """Run one statement; of one state, the same question is asked only once."""
        if self.answers is None:
            self._run(sql, parameters)
            return self
        asked = (sql, tuple(tuple(x) if isinstance(x, list) else x for x in parameters))
        rows = self.answers.get(asked)
        if rows is None:
            self._run(sql, parameters)
            rows = self.raw.fetchall()
            if len(self.answers) < states.MOST_ANSWERS and len(rows) < states.MOST_ROWS:
                self.answers[asked] = rows
        self._rows = iter(rows)
        return self

    def _run(self, sql: str, parameters: Sequence[Any]) -> None:
        if not self.postgres:
            self.raw.execute(sql, parameters)
        elif parameters:
            self.raw.execute(sql.replace("%", "%%").replace("?", "%s"), parameters)
        else:
            self.raw.execute(sql)

    def among(self, column: str, values: Iterable[int | str]) -> tuple[str, Any]:
        """Say `column is one of these values`: a condition and its one parameter."""
        if self.postgres:
            return f"{column} = ANY(?)", list(values)
        import json

        return f"{column} IN (SELECT value FROM json_each(?))", json.dumps(list(values))

    def fetchone(self) -> Row | None:
        """Return the next row."""
        row: Row | None = self.raw.fetchone() if self.answers is None else next(self._rows, None)
        return row

    def fetchall(self) -> list[Row]:
        """Return all rows that are left."""
        rows: list[Row] = self.raw.fetchall() if self.answers is None else list(self._rows)
        return rows

    def __iter__(self) -> Iterator[Row]:
        return iter(self.raw) if self.answers is None else self._rows

    @property
    def rowcount(self) -> int:
        """How many rows the last statement touched."""
        return int(self.raw.rowcount)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Have something done once this transaction is durable; never if it is undone."""
        self._after_commit.append(call)

    def committed(self) -> None:
        """Do what waited for the commit."""
        waiting, self._after_commit = self._after_commit, []
        for call in waiting:
            call()


class Database:
    """A database of the lake; each thread of each process has its own connection."""

    postgres: ClassVar[bool]
    failures: ClassVar[tuple[type[Exception], ...]]
    """What the driver raises when it cannot do what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._local = threading.local()

    # each kind of database answers these
    def _connect(self) -> Any:
        raise NotImplementedError

    def _begin(self, connection: Any, *, writing: bool) -> None:
        raise NotImplementedError

    def lock_writing(self, cursor: Cursor) -> None:
        """Let no other transaction write to the lake until this one ends."""
        raise NotImplementedError

    @contextmanager
    def exclusive(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """Hold a named lock across processes; yields False if it is taken and `wait` is false."""
        raise NotImplementedError

    def translate(self, ddl: str) -> str:
        """Put this database's own words for `{identity}`, `{blob}` and so on."""
        raise NotImplementedError

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for a fair turn to write, where the database does not see to that itself."""
        yield

    def _connection(self) -> Any:
        held = getattr(self._local, "held", None)
        if held is None or held[0] != os.getpid():
            held = (os.getpid(), self._connect())
            self._local.held = held
        return held[1]

    def close(self) -> None:
        """Close this thread's connection."""
        held = getattr(self._local, "held", None)
        self._local.held = None
        if held is not None and held[0] == os.getpid():
            with suppress(*self.failures):
                held[1].close()

    @contextmanager
    def _work(self, *, writing: bool) -> Iterator[Cursor]:
        open_one: Cursor | None = getattr(self._local, "cursor", None)
        if open_one is not None:
            yield Cursor(open_one.raw.connection.cursor(), postgres=self.postgres)
            return
        connection = self._begun(writing=writing)
        cursor = Cursor(connection.cursor(), postgres=self.postgres)
        self._local.cursor = cursor
        try:
            yield cursor
            connection.execute("COMMIT")
        except BaseException:
            with suppress(*self.failures):
                connection.execute("ROLLBACK")
            raise
        finally:
            self._local.cursor = None
        cursor.committed()

    def _begun(self, *, writing: bool) -> Any:
        """Return this thread's connection with a transaction begun."""
        connection = self._connection()
        try:
            self._begin(connection, writing=writing)
        except self.failures as fault:
            if _is_held(fault):
                raise
            # The server may have been restarted since: try once more on a new connection.
            self.close()
            connection = self._connection()
            self._begin(connection, writing=writing)
        return connection

    @contextmanager
    def _state(self, held: dict[states.Held, Cursor]) -> Iterator[Cursor]:
        """Read the state this thread holds, from its first read on."""
        if self not in held:
            raw = self._begun(writing=False).cursor()
            held[self] = Cursor(raw, postgres=self.postgres, answers={})
        raw = held[self].raw.connection.cursor()
        cursor = Cursor(raw, postgres=self.postgres, answers=held[self].answers)
        try:
            yield cursor
        except self.failures:
            self.let_go()
            raise
        cursor.committed()

    def let_go(self) -> None:
        """End the state this thread holds of this database, if it holds one."""
        state = (states.held() or {}).pop(self, None)
        if state is not None:
            with suppress(*self.failures):
                state.raw.connection.execute("ROLLBACK")

    @property
    def in_transaction(self) -> bool:
        """Whether this thread is in the midst of one."""
        return getattr(self._local, "cursor", None) is not None

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """Write: all or nothing, and on disk when it returns."""
        if self.in_transaction:
            raise RuntimeError("a transaction is open in this thread: pass its cursor on")
        self.let_go()
        with self._turn(), self._work(writing=True) as cursor:
            yield cursor

    @contextmanager
    def reading(self) -> Iterator[Cursor]:
        """Read one consistent state; inside this thread's own transaction, that one's."""
        held = None if self.in_transaction else states.held()
        with self._work(writing=False) if held is None else self._state(held) as cursor:
            yield cursor

    def migrate(self, part: str, steps: Sequence[Sequence[Step]]) -> None:
        """Bring one part's tables up to date: each step is run once, in order.

        Shape:   a step is a few statements; never change one that has shipped, add another.
        """
        done = self._steps_done(part)
        if done == len(steps):
            return
        if done > len(steps):
            raise UnableToOpen(
                f"the lake's {part} tables are newer than this program: a newer version has been at"
                " work here. Run that version, or put the backup back that was made before it"
            )
        with self.transaction() as cursor:
            self.lock_writing(cursor)
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS lake_part (part TEXT PRIMARY KEY, steps INTEGER)"
            )
            row = cursor.execute("SELECT steps FROM lake_part WHERE part = ?", (part,)).fetchone()
            for step in steps[row[0] if row else 0 :]:
                for statement in step:
                    if callable(statement):
                        statement(cursor)
                    elif said := self.translate(statement):
                        cursor.execute(said)
            cursor.execute(
                "INSERT INTO lake_part (part, steps) VALUES (?, ?)"
                " ON CONFLICT (part) DO UPDATE SET steps = excluded.steps",
                (part, len(steps)),
            )

    def _steps_done(self, part: str) -> int:
        try:
            with self.reading() as cursor:
                cursor.execute("SELECT steps FROM lake_part WHERE part = ?", (part,))
                row = cursor.fetchone()
                return int(row[0]) if row else 0
        except self.failures:
            return 0


def _is_held(fault: Exception) -> bool:
    """Test whether a fault says that another holds the database: it would say so again."""
    code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
    return code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class SqliteDatabase(Database):
    """SQLite in one file: readers never wait, one writer at a time, every commit fsynced."""

    postgres = False
    failures = (sqlite3.Error, OSError)

    def __init__(self, path: Path) -> None:
        super().__init__(f"sqlite:///{path}")
        self.path = path

    def _connect(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self.path, timeout=patience.LONGEST_S, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA cache_size=-16000")
            connection.execute("PRAGMA temp_store=MEMORY")
        except (sqlite3.Error, OSError) as fault:
            raise UnableToOpen(f"cannot open the lake's database {self.path}: {fault}") from fault
        return connection

    def _begin(self, connection: Any, *, writing: bool) -> None:
        if writing:
            wait_s = patience.LONGEST_S if (limit := patience.limit()) is None else limit
            connection.execute(f"PRAGMA busy_timeout={wait_s * 1000:.0f}")
        connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        # SQLite lets a writer that waits sleep and try again, so that a busy one can keep others
        # out for many seconds; the kernel wakes whoever waits for a lock file at once.
        queue = Path(f"{self.path}.writing.lock")
        with exclusive_file(queue, wait=True, within_s=patience.limit()):
            yield

    def lock_writing(self, cursor: Cursor) -> None:
        # BEGIN IMMEDIATE has locked already.
        cursor.locked = True

    @contextmanager
    def exclusive(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        with exclusive_file(Path(f"{self.path}.{name}.lock"), wait=wait) as taken:
            yield taken

    def translate(self, ddl: str) -> str:
        # A whole number as INTEGER PRIMARY KEY is the row's own place; any other has an index.
        return ddl.format(
            identity="INTEGER PRIMARY KEY AUTOINCREMENT",
            blob="BLOB",
            plain="TEXT",
            number="INTEGER",
            roomy="",
            plainly="",
        )


class PostgresDatabase(Database):
    """PostgreSQL 15 or later, through psycopg."""

    postgres = True

    def __init__(self, url: str) -> None:
        import psycopg

        type(self).failures = (psycopg.Error, OSError)
        super().__init__(url)

    def _connect(self) -> Any:
        import psycopg

        try:
            # On PostgreSQL autocommit leaves BEGIN and COMMIT to us, as on SQLite.
            return psycopg.connect(
                self.url, autocommit=True, connect_timeout=10, client_encoding="utf8"
            )
        except psycopg.Error as fault:
            raise UnableToOpen(f"cannot reach the lake's database: {fault}") from fault

    def _begin(self, connection: Any, *, writing: bool) -> None:
        connection.execute(
            "BEGIN" if writing else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        )
        if writing and (limit := patience.limit()) is not None:
            connection.execute(f"SET LOCAL lock_timeout = {limit * 1000:.0f}")

    def lock_writing(self, cursor: Cursor) -> None:
        # Segments must become visible in the order of their ids: whoever tails the lake by id
        # would otherwise step over one that commits late.
        if not cursor.locked:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('moothall lake'))")
            cursor.locked = True

    @contextmanager
    def exclusive(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        with exclusive_postgres(self._connect, name, wait=wait) as taken:
            yield taken

    def translate(self, ddl: str) -> str:
        return ddl.format(
            identity="BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            blob="BYTEA",
            plain='TEXT COLLATE "C"',
            number="BIGINT",
            # Room on each page for a row's next state, beside the one that readers still see.
            roomy=" WITH (fillfactor = 45)",
            # Numbers are not worth squeezing, nor a table of their own.
            plainly="ALTER TABLE newest ALTER COLUMN body SET STORAGE PLAIN",
        )


def open(url: str) -> Database:
    """Open the database an address names.

    Shape:   "sqlite:///relative/or//absolute/path" or "postgresql://user@host/name".
    Errors:  UnableToOpen.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return SqliteDatabase(Path(unquote(rest.removeprefix("/"))))
    if scheme in {"postgresql", "postgres"}:
        return PostgresDatabase(url)
    raise UnableToOpen(f"the lake keeps to SQLite or PostgreSQL, not {scheme!r}")
