"""Run every test: what they need is installed and started first, and ended after.

Usage:  python scripts/test.py [pytest arguments]
In CI (CI=true) a test that cannot run fails; elsewhere it is skipped by name, with the reason.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import servers
from servers import say

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
AT_ONCE = max(2, os.cpu_count() or 2) + 1
"""One more than cores: a test that waits for a disk or another process leaves its core to it."""


def step(words: str, *command: str | Path, environment: dict[str, str]) -> bool:
    """Run one step in the open; return whether it passed."""
    say(words)
    started = time.monotonic()
    passed = (
        subprocess.run([str(part) for part in command], cwd=ROOT, env=environment).returncode == 0
    )
    say(f"{words}: {'passed' if passed else 'FAILED'} in {time.monotonic() - started:.0f} s")
    return passed


def main(arguments: list[str]) -> int:
    """Prepare, run all checks and tests, clean up; return the exit code."""
    in_ci = os.environ.get("CI", "").lower() == "true"
    environment = dict(os.environ)
    if sys.version_info >= (3, 12):
        environment.setdefault("COVERAGE_CORE", "sysmon")  # counts lines at a fraction of the cost
    why_not = servers.install(["chromium", "postgres", "mosquitto", "strace"])
    if why_not:
        say(why_not)
        if in_ci:
            return 1
    folder = Path(tempfile.mkdtemp(prefix="moothall-servers-"))
    folder.chmod(0o755)
    passed = True
    try:
        chromium = servers.find("chromium")
        if chromium:
            environment["MOOTHALL_TEST_CHROMIUM"] = chromium
        if servers.find("postgres"):
            say("starting PostgreSQL")
            environment["MOOTHALL_TEST_POSTGRES"] = servers.start_postgres(
                folder / "postgres", servers.free_port(), lasting=False
            )
        if servers.find("mosquitto"):
            say("starting Mosquitto")
            environment["MOOTHALL_TEST_MQTT"] = servers.start_mosquitto(
                folder / "mosquitto", servers.free_port()
            )
        passed &= step(
            "building the front end", BIN / "python", "-m", "moothall.ui.assets", "--dev",
            environment=environment,
        )  # fmt: skip
        if not arguments:
            passed &= step("style (ruff)", BIN / "ruff", "check", environment=environment)
            passed &= step("imports (import-linter)", BIN / "lint-imports", environment=environment)
            passed &= step("types (mypy)", BIN / "mypy", environment=environment)
        coverage = [] if arguments else ["--cov", "--cov-report=term:skip-covered"]
        passed &= step(
            "tests (pytest)", BIN / "pytest", "-n", str(AT_ONCE),
            "--dist", "worksteal", "-q", "-rs", *coverage, *arguments, environment=environment,
        )  # fmt: skip
    finally:
        servers.stop_mosquitto(folder / "mosquitto")
        servers.stop_postgres(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)
    say("all passed" if passed else "something FAILED: see above")
    if why_not:
        say(f"some tests were skipped: {why_not}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
