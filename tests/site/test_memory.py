"""A process's threads share a few heaps."""

import os
import subprocess
import sys

PROBE = """
import os, threading
from moothall.site import memory
memory.share_heaps()
import pyarrow
print(pyarrow.default_memory_pool().backend_name)
"""


def backend(**environ: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ARROW_", "MALLOC_"))}
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={**kept, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_arrow_allocates_where_all_else_does():
    assert backend() == "system"


def test_whoever_runs_the_house_may_choose_another_pool():
    assert backend(ARROW_DEFAULT_MEMORY_POOL="mimalloc") == "mimalloc"


def test_processes_begun_from_here_share_heaps_too():
    told = "import os; from moothall.site import memory; memory.share_heaps(also_of_children=True)"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ARROW_", "MALLOC_"))}
    done = subprocess.run(
        [sys.executable, "-c", f"{told}; print(os.environ['MALLOC_ARENA_MAX'])"],
        env=kept,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "2"
