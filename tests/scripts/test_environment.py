"""The environment is made once, goes on after an interruption, and says what to mend."""

import fcntl
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "environment.py"


@pytest.fixture
def script(tmp_path, monkeypatch):
    """The script, for a checkout that is nearly empty, with all it would start written down."""
    found = importlib.util.spec_from_file_location("environment", SCRIPT)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    for name in ("ROOT", "VENV", "BIN"):
        inside = {"ROOT": "", "VENV": ".venv", "BIN": ".venv/bin"}[name]
        monkeypatch.setattr(module, name, tmp_path / inside)
    (tmp_path / "scripts").mkdir()
    for lock in ("requirements.lock", "requirements-dev.lock", "scripts/node.lock"):
        (tmp_path / lock).write_text("django==5 \\\n    --hash=sha256:0\nlxml==6\n")
    (tmp_path / "scripts" / "bootstrap.lock").write_text("uv==1\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    module.started = []

    def run(*command, mend=""):
        module.started.append([str(part) for part in command])
        if "install" in command and "--editable" in command:
            (tmp_path / ".venv" / "bin" / "moothall").touch()

    def create(folder, **options):
        (folder / "bin").mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(module, "run", run)
    monkeypatch.setattr(module.venv, "create", create)
    return module


def test_what_is_made_is_not_made_again_until_a_lock_file_changes(script, capsys):
    script.make(dev=False)
    assert "installing the 2 libraries of requirements.lock" in capsys.readouterr().out
    first = len(script.started)
    script.make(dev=False)
    assert len(script.started) == first
    (script.ROOT / "requirements.lock").write_text("django==6\n")
    script.make(dev=False)
    assert len(script.started) > first


def test_what_was_cut_short_is_installed_again_and_not_believed(script, monkeypatch):
    quiet = script.run

    def killed(*command, mend=""):
        if str(script.ROOT / "requirements.lock") in [str(part) for part in command]:
            raise KeyboardInterrupt
        quiet(*command, mend=mend)

    monkeypatch.setattr(script, "run", killed)
    with pytest.raises(KeyboardInterrupt):
        script.make(dev=False)
    assert not (script.VENV / "made").exists()

    monkeypatch.setattr(script, "run", quiet)
    script.make(dev=False)
    assert any("--reinstall" in command for command in script.started)
    script.started.clear()
    (script.VENV / "made").unlink()
    script.make(dev=False)
    assert not any("--reinstall" in command for command in script.started)


def test_one_process_at_a_time_makes_it(script):
    folder = os.open(script.ROOT, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    source = (
        f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r}); import environment as e\n"
        f"from pathlib import Path; e.ROOT = Path({str(script.ROOT)!r})\n"
        "with e.alone(): print('in', flush=True)\n"
    )
    second = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True)
    try:
        assert "waiting for another process" in second.stdout.readline()
        os.close(folder)
        assert second.communicate(timeout=60)[0] == "in\n"
    finally:
        second.kill()


def test_the_installer_trusts_whom_the_machine_trusts_and_needs_no_home(script, tmp_path):
    told = script.environment({"HOME": str(tmp_path)})
    assert told["UV_SYSTEM_CERTS"] == "true"
    assert "UV_NO_CACHE" not in told
    assert script.environment({"HOME": "/nonexistent"})["UV_NO_CACHE"] == "true"
    assert script.environment({"UV_SYSTEM_CERTS": "false"})["UV_SYSTEM_CERTS"] == "false"


def test_a_python_without_pip_says_what_to_install(script, monkeypatch):
    monkeypatch.setattr(script, "find_spec", lambda name: None)
    monkeypatch.setattr(script.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(script.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"sudo apt-get install python3\.\d+-venv"):
        script.begin()


def test_a_failure_is_shown_with_its_mend_and_no_traceback(tmp_path):
    source = (
        f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r}); import environment as e\n"
        "e.run(sys.executable, '-c', 'import sys; print(\"no route\"); sys.exit(3)', mend=e.MEND)\n"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert done.returncode == 1
    assert "no route" in done.stderr
    assert "goes on from here" in done.stderr
    assert "Traceback" not in done.stderr
