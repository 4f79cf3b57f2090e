"""Make the environment: a virtual environment from the lock file, and this checkout in it.

Needs nothing but Python 3.11 or newer and a package registry. Does nothing when all is up to date.
Usage:  python3 scripts/environment.py [--dev]
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(
        f"moothall: needs Python 3.11 or newer; this is {sys.version.split()[0]}.\n"
        "If there is a newer one beside it, name it: make run PYTHON=python3.12"
    )

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


def stamp_of(*files: Path) -> str:
    """Name the state of the environment that some files ask for, here and with this Python."""
    asked = b"".join(file.read_bytes() for file in files) + str(ROOT).encode()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"{hashlib.sha256(asked).hexdigest()} python {version}"


def is_made(stamp: Path, lock: Path) -> bool:
    """Test whether the environment already is what the lock file asks for."""
    return (BIN / "moothall").exists() and is_stamped(stamp, lock, ROOT / "pyproject.toml")


def is_stamped(stamp: Path, *files: Path) -> bool:
    """Test whether a step was finished, for these files as they are."""
    return stamp.is_file() and stamp.read_text() == stamp_of(*files)


def begin() -> None:
    """Make an empty environment with uv in it; one that was left half made is made anew."""
    stamp, lock = VENV / "begun", ROOT / "scripts" / "bootstrap.lock"
    if is_stamped(stamp, lock):
        return
    say("making the environment in .venv")
    try:
        venv.create(VENV, with_pip=True, clear=True)
    except subprocess.CalledProcessError:
        sys.exit(
            "moothall: this Python cannot make a virtual environment with pip.\n"
            "On Debian and Ubuntu: sudo apt install python3-venv"
        )
    run(BIN / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--require-hashes", "-r", lock)  # fmt: skip
    stamp.write_text(stamp_of(lock))


def has_node() -> bool:
    """Test whether this machine has a Node of its own that can build styles and scripts."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    major = said.strip().lstrip("v").partition(".")[0]
    return major.isdigit() and int(major) >= 18


def make(dev: bool) -> None:
    """Make or mend the environment; a development environment serves for running too."""
    wanted = [("requirements-dev.lock", VENV / "made-dev")]
    if not dev:
        wanted.append(("requirements.lock", VENV / "made"))
    if any(is_made(stamp, ROOT / lock) for lock, stamp in wanted):
        return
    lock, stamp = wanted[-1]
    started = time.monotonic()
    begin()
    say(f"installing the libraries of {lock}")
    python = ("--python", BIN / "python")
    wanted_libraries = ["-r", ROOT / lock]
    if not dev and not has_node():
        wanted_libraries += ["-r", ROOT / "scripts" / "node.lock"]
    hashed = ("--compile-bytecode", "--require-hashes", *wanted_libraries)
    run(BIN / "uv", "pip", "install", *python, *hashed)
    run(BIN / "uv", "pip", "install", *python, "--no-deps", "--editable", ROOT)
    stamp.write_text(stamp_of(ROOT / lock, ROOT / "pyproject.toml"))
    say(f"environment ready in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="with what the tests need")
    try:
        make(parser.parse_args().dev)
    except KeyboardInterrupt:
        sys.exit("\nmoothall: stopped; the next start goes on from here")
