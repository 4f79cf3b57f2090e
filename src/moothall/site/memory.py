"""Keeps a process small: its threads share a few heaps, so what one frees another can use."""

import ctypes
import os
from contextlib import suppress

_ARENA_MAX = -8
"""M_ARENA_MAX of the C library's malloc.h."""
_ARENAS = 2


def give_back() -> None:
    """Give the system back what the heaps hold and nobody uses: after work that took much."""
    with suppress(OSError, AttributeError):  # other C libraries have nothing of the kind
        ctypes.CDLL(None).malloc_trim(0)


def share_heaps(*, also_of_children: bool = False) -> None:
    """Let all threads allocate from the same few heaps; to be called before Arrow is loaded.

    Shape:   whoever has set ARROW_DEFAULT_MEMORY_POOL or MALLOC_ARENA_MAX has decided already.
             Processes begun from here may do the same: they read it as they begin.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    if "MALLOC_ARENA_MAX" not in os.environ:
        # Other C libraries have nothing of the kind, and one heap to begin with.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)
    if also_of_children:
        os.environ.setdefault("MALLOC_ARENA_MAX", str(_ARENAS))
