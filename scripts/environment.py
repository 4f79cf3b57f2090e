"""Make the environment: a virtual environment from the lock file, and this checkout in it.

Needs nothing but Python 3.11 or newer and a package registry. Does nothing when all is up to date;
what was interrupted goes on from there.
Usage:  python3 scripts/environment.py [--dev]
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(
        f"moothall: needs Python 3.11 or newer; this is {sys.version.split()[0]}.\n"
        "If there is a newer one beside it, name it: make run PYTHON=python3.12"
    )

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / "bin"
MEND = (
    "moothall: mend what the lines above say and start again: it goes on from here.\n"
    "  No network, or a proxy in between? Set HTTPS_PROXY. A registry of your own? PIP_INDEX_URL\n"
    "  and UV_INDEX_URL. A certificate nobody knows? Add it to this machine's own."
)


def say(words: str) -> None:
    """Tell the person at the terminal what is going on."""
    print(f"moothall: {words}", flush=True)


def run(*command: str | Path, mend: str = "") -> None:
    """Run one command; on failure show what it said, and how to mend it, and stop.

    At a terminal its own progress is shown; elsewhere it is quiet unless it fails.
    """
    watched = None if sys.stderr.isatty() else subprocess.PIPE
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=watched,
        stderr=watched,
        cwd=ROOT,
        env=environment(os.environ),
        text=True,
    )
    if done.returncode:
        said = f"{done.stdout or ''}{done.stderr or ''}".strip()
        name = f"{Path(command[0]).name} {command[1]} {command[2]}"
        sys.exit(f"{said}\nmoothall: `{name}` failed.\n{mend}".strip())


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return what the installers are told, beside what this machine tells them.

    Certificates are this machine's own: a council's network often has one of its own in between.
    """
    told = {"UV_SYSTEM_CERTS": "true", **given}
    home = Path(given.get("XDG_CACHE_HOME") or given.get("HOME") or "/nonexistent")
    if "UV_CACHE_DIR" not in given and not os.access(home, os.W_OK):
        told["UV_NO_CACHE"] = "true"
    return told


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
    if find_spec("ensurepip") is None:
        install_venv()
    try:
        venv.create(VENV, with_pip=True, clear=True)
    except subprocess.CalledProcessError as fault:
        sys.exit(f"moothall: this Python cannot make a virtual environment:\n{fault.output or ''}")
    run(BIN / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--require-hashes", "-r", lock, mend=MEND)  # fmt: skip
    stamp.write_text(stamp_of(lock))


def install_venv() -> None:
    """Install what Debian and Ubuntu leave out of Python; say how, where we may not."""
    wanted = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    words = f"on Debian and Ubuntu: sudo apt-get install {wanted}"
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or not shutil.which((sudo or ["apt-get"])[0]):
        sys.exit(f"moothall: this Python has no pip to begin with; {words}")
    if sudo and subprocess.run([*sudo, "true"], capture_output=True).returncode:
        sys.exit(f"moothall: this Python has no pip to begin with; {words}")
    say(f"installing {wanted} with apt-get")
    # An old list of packages often does: only its being too old matters, and the next line tells.
    subprocess.run([*sudo, "apt-get", "update", "-q"], capture_output=True)
    run(*sudo, "apt-get", "install", "-y", "-q", "--no-install-recommends", wanted, mend=words)


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
    with alone():
        if is_made(stamp, ROOT / lock):
            return
        started = time.monotonic()
        begin()
        install(lock, dev=dev)
        stamp.write_text(stamp_of(ROOT / lock, ROOT / "pyproject.toml"))
        say(f"environment ready in {time.monotonic() - started:.0f} s")


def install(lock: str, *, dev: bool) -> None:
    """Install the libraries of a lock file, and this checkout beside them."""
    text = (ROOT / lock).read_text()
    count = sum(line[:1].isalnum() for line in text.splitlines())
    say(f"installing the {count} libraries of {lock}")
    python = ("--python", BIN / "python")
    libraries = ["-r", ROOT / lock]
    if not dev and not has_node():
        libraries += ["-r", ROOT / "scripts" / "node.lock"]
    # A library whose copying was cut short looks installed, and is not.
    torn = VENV / "installing"
    again = ("--reinstall",) if torn.exists() else ()
    torn.touch()
    hashed = ("--compile-bytecode", "--require-hashes", *again, *libraries)
    run(BIN / "uv", "pip", "install", *python, *hashed, mend=MEND)
    run(BIN / "uv", "pip", "install", *python, "--no-deps", "--editable", ROOT, mend=MEND)
    torn.unlink()


@contextmanager
def alone() -> Iterator[None]:
    """Let one process at a time make this environment; whoever comes second waits."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another process that makes the environment")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="with what the tests need")
    try:
        make(parser.parse_args().dev)
    except KeyboardInterrupt:
        sys.exit("\nmoothall: stopped; the next start goes on from here")
    except OSError as fault:
        sys.exit(f"moothall: {fault.strerror or fault}: {fault.filename or ROOT}")
