"""The last line, remembered in a file: a log cut short is then found out."""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

from moothall.kernel.audit.chain import Anchor


def read(path: Path) -> Anchor | None:
    """Return the line last remembered, None if there is none.

    Errors:  ValueError if the file is not an anchor.
    """
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    try:
        return Anchor(int(kept["seq"]), str(kept["hash"]))
    except (KeyError, TypeError) as fault:
        raise ValueError(f"{path} is not an audit anchor") from fault


def move_on(path: Path, anchor: Anchor, *, is_in_log: Callable[[Anchor], bool]) -> None:
    """Remember a line, unless a later one is remembered already; durable when it returns.

    A remembered line that is no longer in the log is never forgotten: it is the proof that the
    log was cut, however long it has grown again since.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = read(path)
        if kept is not None and (kept.seq >= anchor.seq or not is_in_log(kept)):
            return
        fresh = path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as out:
            json.dump({"seq": anchor.seq, "hash": anchor.hash}, out)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(path)
