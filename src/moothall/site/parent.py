"""Ends a process when the one that started it is gone, however that one went."""

import os
import threading
import time
from collections.abc import Mapping

NAMED = "MOOTHALL_PARENT"
"""Set for a process that shall not outlive its parent."""


def follow(environ: Mapping[str, str] = os.environ) -> None:
    """Watch the parent, if we are to; end this process within a second of its end."""
    if not environ.get(NAMED):
        return
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=watch, name="parent", daemon=True).start()
