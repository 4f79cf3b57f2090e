"""The process a question is answered in. It is run by its path and imports nothing of ours.

Shape:   in, one JSON object: `sql`, `tables` (name to file), `rows`, `memory`, `seconds`;
         out, one JSON object: `columns` (name, type), `rows`, `cut`; or `error`, a sentence.
"""

import contextlib
import ctypes
import json
import math
import resource
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

_NO_NEW_PRIVILEGES, _DIE_WITH_PARENT, _KILL = 38, 1, 9
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_ADDRESSES = 4 * 1024**3
_FILES = 64
_AT_ONCE = 256
MOST_BYTES = 8 * 1024 * 1024
MOST_CELL = 100_000
MOST_COLUMNS = 1_000
MOST_NAME = 500
_WHOLE = range(-(2**63), 2**64)
"""The whole numbers that programs read out of JSON."""


def shut_in(seconds: int) -> None:
    """Give up what the process does not need, as far as the system allows it."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):
        system = ctypes.CDLL(None, use_errno=True)
        system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        system.prctl(_DIE_WITH_PARENT, _KILL, 0, 0, 0)
        system.unshare(_NEW_USER | _NEW_NETWORK)  # refused in some containers, and not relied on


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Answer one question."""
    import duckdb

    files = {name: _quoted(file) for name, file in asked["tables"].items()}
    door = duckdb.connect(
        ":memory:",
        config={
            "threads": "1",
            "memory_limit": asked["memory"],
            "max_temp_directory_size": "0B",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
        },
    )
    door.execute(f"SET allowed_paths = [{', '.join(files.values())}]")
    for name, file in files.items():
        door.execute(f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet({file})')
    door.execute("SET enable_external_access = false")
    door.execute("SET TimeZone = 'UTC'")
    door.execute("SET lock_configuration = true")
    try:
        statements = duckdb.extract_statements(asked["sql"])
        # EXPLAIN would tell where the files are.
        if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
            return {"error": "Ask one question: a single SELECT."}
        result = door.execute(statements[0])
        described = result.description or ()
        if len(described) > MOST_COLUMNS:
            return {"error": f"The answer has more than {MOST_COLUMNS:,} columns: name fewer."}
        columns = [(name[:MOST_NAME], str(sort)[:MOST_NAME]) for name, sort, *_ in described]
        rows: list[list[Any]] = []
        size, cut = 0, False
        while not cut and (some := result.fetchmany(_AT_ONCE)):
            for row in some:
                said = [_plain(cell) for cell in row]
                size += sum(len(cell) for cell in said if isinstance(cell, str)) + 16 * len(said)
                if len(rows) == asked["rows"] or size > MOST_BYTES:
                    cut = True
                    break
                rows.append(said)
    except duckdb.Error as fault:
        return {"error": _without_paths(str(fault), asked["tables"])}
    return {"columns": columns, "rows": rows, "cut": cut}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _plain(cell: Any) -> Any:
    """Write a value as JSON has it; what JSON has not, as text."""
    text: Any
    if isinstance(cell, int) and cell not in _WHOLE:
        text = str(cell)
    elif cell is None or isinstance(cell, bool | int | str):
        text = cell
    elif isinstance(cell, float):
        text = cell if math.isfinite(cell) else None
    elif isinstance(cell, Decimal):
        text = float(cell)
    elif isinstance(cell, datetime):
        text = cell.isoformat().replace("+00:00", "Z")
    elif isinstance(cell, date | time):
        text = cell.isoformat()
    elif isinstance(cell, bytes):
        text = cell[:MOST_CELL].hex()
    elif isinstance(cell, timedelta | UUID):
        text = str(cell)
    else:
        text = json.dumps(cell, default=str, ensure_ascii=False)
    return text[:MOST_CELL] if isinstance(text, str) else text


def _without_paths(words: str, tables: dict[str, str]) -> str:
    for name, file in tables.items():
        words = words.replace(file, name)
    return words[:2000]


def main() -> None:
    """Read the question, answer it."""
    asked = json.load(sys.stdin)
    shut_in(asked["seconds"])
    try:
        said = answer(asked)
    except (MemoryError, OverflowError):
        said = {"error": "The question needs more memory than there is for one."}
    json.dump(said, sys.stdout, default=str)


if __name__ == "__main__":
    main()
