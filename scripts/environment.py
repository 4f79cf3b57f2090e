"""Make the environment: a virtual environment from the lock file, and this checkout in it.

Needs nothing but Python 3.11 or newer and a package registry. Does nothing when all is up to date.
Usage:  python3 scripts/environment.py [--dev]
"""

import argparse
import hashlib
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")


def say(words: str) -> None:
    """Tell the person at the terminal what is going on."""
    print(f"moothall: {words}", flush=True)


def run(*command: str | Path) -> None:
    """Run one command quietly; on failure show what it said and stop."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(f"moothall: `{' '.join(map(str, command))}` failed:\n{done.stdout}{done.stderr}")


def stamp_of(lock: Path) -> str:
    """Name the state of the environment that a lock file asks for."""
    asked = lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"{hashlib.sha256(asked).hexdigest()} python {version}"


def is_made(stamp: Path, lock: Path) -> bool:
    """Test whether the environment already is what the lock file asks for."""
    return (BIN / "moothall").exists() and stamp.is_file() and stamp.read_text() == stamp_of(lock)


def make(dev: bool) -> None:
    """Make or mend the environment; a development environment serves for running too."""
    wanted = [("requirements-dev.lock", VENV / "made-dev")]
    if not dev:
        wanted.append(("requirements.lock", VENV / "made"))
    if any(is_made(stamp, ROOT / lock) for lock, stamp in wanted):
        return
    lock, stamp = wanted[-1]
    started = time.monotonic()
    if not (BIN / "python").exists():
        say("making the environment in .venv")
        try:
            venv.create(VENV, with_pip=True, clear=True)
        except subprocess.CalledProcessError:
            sys.exit(
                "moothall: this Python cannot make a virtual environment with pip.\n"
                "On Debian and Ubuntu: sudo apt install python3-venv"
            )
    if not (BIN / "uv").exists():
        run(BIN / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
            "--require-hashes", "-r", ROOT / "scripts" / "bootstrap.lock")  # fmt: skip
    say(f"installing the libraries of {lock}")
    python = ("--python", BIN / "python")
    compiled = ("--compile-bytecode", "--require-hashes", "-r", ROOT / lock)
    run(BIN / "uv", "pip", "install", *python, *compiled)
    run(BIN / "uv", "pip", "install", *python, "--no-deps", "--editable", ROOT)
    stamp.write_text(stamp_of(ROOT / lock))
    say(f"environment ready in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit(f"moothall: needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="with what the tests need")
    make(parser.parse_args().dev)
