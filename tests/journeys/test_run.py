"""Someone types `moothall run` and sees their city; then presses Ctrl-C."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress

import psutil
import pytest
from tests.conftest import unavailable


def test_the_house_starts_answers_and_ends_cleanly(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # A folder without recordings: nothing is fetched, every feed shows its stand-in.
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    environ = {
        **os.environ,
        "MOOTHALL_HOME": str(tmp_path / "home"),
        "CITY": "leeds",
        "PORT": str(port),
        "REPLAY": str(recordings),
    }
    command = [sys.executable, "-c", "from moothall.site.cli import app; app()", "run"]
    house = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    family: list[psutil.Process] = []
    try:
        lines = []
        for line in house.stdout:
            lines.append(line)
            if "is ready" in line:
                break
        assert lines[-1] == f"Moothall is ready at http://127.0.0.1:{port}/\n", "".join(lines)
        family = psutil.Process(house.pid).children(recursive=True)
        root = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{root}/data.json") as answer:
            assert json.load(answer)["city"] == "Leeds"
        with urllib.request.urlopen(f"{root}/live/latest") as answer:
            assert re.match(rb'\{"id":\d+', answer.read())
        second = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert "already runs" in second.stderr
        house.send_signal(signal.SIGINT)
        assert house.wait(30) == 0
        _gone, left = psutil.wait_procs(family, timeout=5)
        assert not left
    finally:
        for process in family:
            if process.is_running():
                process.kill()
        house.kill()
        house.wait()
        house.stdout.close()


@pytest.mark.parametrize("role", ["web", "work"])
def test_as_the_first_process_of_a_container_it_ends_when_it_is_told_to(tmp_path, role):
    unshare = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")
    allowed = (
        shutil.which("unshare") and not subprocess.run([*unshare, "true"], check=False).returncode
    )
    if not allowed:
        unavailable("this machine lets nobody begin a process namespace")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "recordings").mkdir()
    environ = {
        **os.environ,
        "MOOTHALL_HOME": str(tmp_path / "home"),
        "CITY": "leeds",
        "PORT": str(port),
        "REPLAY": str(tmp_path / "recordings"),
    }
    subprocess.run([sys.executable, "-m", "moothall.site.prepare"], env=environ, check=True)
    command = [sys.executable, "-c", "from moothall.site.cli import app; app()", role]
    container = subprocess.Popen([*unshare, *command], env=environ, stderr=subprocess.DEVNULL)
    try:
        (first,) = wait_for(lambda: psutil.Process(container.pid).children())
        wait_for(lambda: begun(role, port, tmp_path / "home"))
        family = [first, *first.children(recursive=True)]
        first.send_signal(signal.SIGTERM)
        assert container.wait(10) == 0
        assert not [process for process in family if process.is_running()]
    finally:
        container.kill()
        container.wait()


def begun(role, port, home):
    """Say whether a role is at its work: the pages answer, or the worker's pulse was felt."""
    if role == "work":
        return list(home.rglob("worker.pulse"))
    with suppress(OSError):
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz").status == 200


def wait_for(look):
    """Look until there is something to see."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("waited a minute for nothing")
