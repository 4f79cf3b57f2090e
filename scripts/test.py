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

import lines_run
import servers
from servers import say

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
AT_ONCE = max(2, os.cpu_count() or 2)
"""As many as cores; the browser's journeys, which mostly wait, go on beside them."""
JOURNEYS = "tests/journeys"


def step(words: str, *command: str | Path, environment: dict[str, str]) -> bool:
    """Run one step in the open; return whether it passed."""
    say(words)
    started = time.monotonic()
    passed = (
        subprocess.run([str(part) for part in command], cwd=ROOT, env=environment).returncode == 0
    )
    say(f"{words}: {'passed' if passed else 'FAILED'} in {time.monotonic() - started:.0f} s")
    return passed


def run_tests(folder: Path, environment: dict[str, str]) -> bool:
    """Run every test: those in a browser beside the others, and in processes of their own.

    A browser's driver keeps an event loop open in its process, in which neither Django's database
    nor another loop may be used.
    """
    lines = folder / "lines"
    lines.mkdir()
    counting = environment | {"LINES_RUN": str(lines), "PYTHONPATH": str(ROOT / "scripts")}
    written = folder / "journeys.txt"
    started = time.monotonic()
    pytest = [str(BIN / "pytest"), "-q", "-rs", "-n", str(AT_ONCE)]
    with written.open("w") as answer:
        journeys = subprocess.Popen(
            [*pytest, "--dist", "loadfile", JOURNEYS],
            cwd=ROOT,
            env=environment,
            stdout=answer,
            stderr=subprocess.STDOUT,
        )
    try:
        passed = step(
            "tests (pytest)", *pytest, "--dist", "worksteal", "-p", "lines_run",
            "--ignore", JOURNEYS,
            environment=counting,
        )  # fmt: skip
        say(f"lines run, without those run by a browser:\n{lines_run.summarise(lines)}")
        say("journeys in a browser (pytest)")
        passed &= journeys.wait() == 0
        print(written.read_text(), flush=True)
    finally:
        journeys.terminate()
        journeys.wait()
    say(f"all tests: {'passed' if passed else 'FAILED'} in {time.monotonic() - started:.0f} s")
    return passed


def main(arguments: list[str]) -> int:
    """Prepare, run all checks and tests, clean up; return the exit code."""
    in_ci = os.environ.get("CI", "").lower() == "true"
    environment = dict(os.environ)
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
        if arguments:
            passed &= step(
                "tests (pytest)", BIN / "pytest", "-q", "-rs", "-n", str(AT_ONCE), "--dist",
                "loadfile", *arguments, environment=environment,
            )  # fmt: skip
        else:
            passed &= step("style (ruff)", BIN / "ruff", "check", environment=environment)
            passed &= step("imports (import-linter)", BIN / "lint-imports", environment=environment)
            passed &= step("types (mypy)", BIN / "mypy", environment=environment)
            passed &= run_tests(folder, environment)
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
