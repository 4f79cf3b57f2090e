"""Ends a process when the one that started it is gone, however that one went."""

import os
import threading
import time
from collections.abc import Mapping

NAMED = "MOOTHALL_PARENT"
"""The parent's process number, set for a process that shall not outlive it."""


def follow(environ: Mapping[str, str] = os.environ) -> None:
    """Watch the parent, if we are to; end this process within a second of its end."""
    named = environ.get(NAMED, "")
    if not named.isdigit():
        return
    # Named, not asked for: the parent may be gone already.
    parent = int(named)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=watch, name="parent", daemon=True).start()
