"""Someone types `moothall run` and sees their city; then presses Ctrl-C."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import psutil


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
