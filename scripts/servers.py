"""PostgreSQL and Mosquitto on loopback: install, start and stop them.

Usage:  python scripts/servers.py start|stop      data under MOOTHALL_HOME/services
Also used by the tests, which start servers of their own in a folder that is thrown away.
"""

import contextlib
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "chromium": ("chromium-headless-shell", "chromium"),
    "postgres": ("postgresql",),
    "mosquitto": ("mosquitto",),
    "strace": ("strace",),
}
"""What apt calls a program: the first of these that it knows."""
NAMES = {
    # The one without windows does the same in two thirds of the time.
    "chromium": ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"),
}


def say(words: str) -> None:
    """Tell the person at the terminal what is going on."""
    print(f"moothall: {words}", flush=True)


def find(program: str) -> str | None:
    """Return the path of a server's program, or None if it is not installed."""
    if program == "postgres":
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)
        return str(found[0]) if found else shutil.which("postgres")
    for name in NAMES.get(program, (program,)):
        path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if path:
            return path
    return None


def install(programs: list[str]) -> str:
    """Install what is missing with apt; return why it could not, or "" when all is there."""
    missing = [program for program in programs if not find(program)]
    if not missing:
        return ""
    names = ", ".join(missing)
    if not shutil.which("apt-get"):
        return f"{names} not installed, and this machine has no apt-get"
    sudo: list[str] = []
    if os.geteuid() != 0:
        sudo = ["sudo", "-n"]
        if subprocess.run([*sudo, "true"], capture_output=True).returncode:
            return f"{names} not installed, and this user may not install packages"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # A policy that answers 101 keeps packages from starting servers of their own.
    policy = Path("/usr/sbin/policy-rc.d")
    ours = os.geteuid() == 0 and not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        say(f"installing {names} with apt (this can take a minute)")
        subprocess.run([*sudo, "apt-get", "update", "-q"], env=environment, capture_output=True)
        packages = [_choose_package(PACKAGES[program]) for program in missing]
        done = subprocess.run(
            [*sudo, "apt-get", "install", "-y", "-q", "--no-install-recommends", *packages],
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            return f"apt-get could not install {', '.join(packages)}: {done.stderr.strip()[-300:]}"
    finally:
        if ours:
            policy.unlink()
    return (
        "" if all(find(program) for program in missing) else f"{names} still missing after apt-get"
    )


def _choose_package(names: tuple[str, ...]) -> str:
    """Return the first of some packages that apt knows; the last one is taken to be known."""
    for name in names[:-1]:
        if subprocess.run(["apt-cache", "show", name], capture_output=True).returncode == 0:
            return name
    return names[-1]


def free_port() -> int:
    """Return a loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Test whether something listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_for(port: int, what: str, log: Path) -> None:
    for _ in range(150):
        if answers(port):
            return
        time.sleep(0.1)
    sys.exit(f"moothall: {what} did not start; its log says:\n{log.read_text()[-2000:]}")


HURRIED = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
"""What is thrown away after a test run need not reach the disk."""


def start_postgres(folder: Path, port: int, *, lasting: bool = True) -> str:
    """Start PostgreSQL with its data in `folder`; return its URL.

    PostgreSQL refuses to run as root, so root hands it to the `postgres` user.
    """
    server = find("postgres")
    assert server, "install() comes first"
    tools = Path(server).parent
    as_user: list[str] = []
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        as_user = ["runuser", "-u", "postgres", "--"]
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        if subprocess.run([*as_user, "test", "-w", str(folder)], capture_output=True).returncode:
            sys.exit(
                f"moothall: the user postgres cannot reach {folder}; set MOOTHALL_HOME to a folder "
                "that every user may pass through"
            )
    data, log, password_file = folder / "data", folder / "postgres.log", folder / "password"
    if not (data / "PG_VERSION").is_file():
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_urlsafe(24))
        os.chown(password_file, *(os.stat(folder).st_uid, os.stat(folder).st_gid))
        subprocess.run(
            [*as_user, tools / "initdb", "-D", data, "-U", "moothall", "-E", "UTF8", "--no-sync",
             "--auth=scram-sha-256", "--pwfile", password_file, "--locale=C.UTF-8"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
    password = password_file.read_text()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    options += "" if lasting else f" {HURRIED}"
    subprocess.run(
        [*as_user, tools / "pg_ctl", "-D", data, "-l", log, "-o", options, "-W", "start"],
        check=True, capture_output=True, cwd="/",
    )  # fmt: skip
    _wait_for(port, "PostgreSQL", log)
    url = f"postgresql://moothall:{password}@127.0.0.1:{port}/moothall"
    for _ in range(50):
        made = subprocess.run(
            [tools / "psql", "-h", "127.0.0.1", "-p", str(port), "-U", "moothall", "-d", "postgres",
             "-c", "CREATE DATABASE moothall"],
            capture_output=True, text=True, env={**os.environ, "PGPASSWORD": password},
        )  # fmt: skip
        if made.returncode == 0 or "already exists" in made.stderr:
            return url
        time.sleep(0.1)
    sys.exit(f"moothall: PostgreSQL would not make a database: {made.stderr}")


def stop_postgres(folder: Path) -> None:
    """Stop the PostgreSQL whose data is in `folder`, if it runs."""
    server = find("postgres")
    if server and (folder / "data" / "postmaster.pid").exists():
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run(
            [*as_user, Path(server).parent / "pg_ctl", "-D", folder / "data", "-m", "fast", "stop"],
            capture_output=True, cwd="/",
        )  # fmt: skip


def start_mosquitto(folder: Path, port: int) -> str:
    """Start Mosquitto with its data in `folder`; return its URL."""
    server = find("mosquitto")
    assert server, "install() comes first"
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "mosquitto.conf"
    user = pwd.getpwuid(os.geteuid()).pw_name
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nuser {user}\npersistence true\n"
        f"persistence_location {folder}/\nmax_queued_messages 0\nmax_inflight_messages 20000\n"
    )
    log = folder / "mosquitto.log"
    with log.open("ab") as out:
        started = subprocess.Popen(
            [server, "-c", str(settings)], stdout=out, stderr=out, start_new_session=True
        )
    (folder / "mosquitto.pid").write_text(str(started.pid))
    _wait_for(port, "Mosquitto", log)
    return f"mqtt://127.0.0.1:{port}"


def stop_mosquitto(folder: Path) -> None:
    """Stop the Mosquitto whose data is in `folder`, if it runs."""
    note = folder / "mosquitto.pid"
    if note.is_file():
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(int(note.read_text()), signal.SIGTERM)
        note.unlink()


def _start(folder: Path) -> None:
    why_not = install(["postgres", "mosquitto"])
    if why_not:
        sys.exit(f"moothall: {why_not}")
    note = folder / "running.json"
    if note.is_file():
        running = json.loads(note.read_text())
        if answers(running["postgres_port"]) and answers(running["mosquitto_port"]):
            say("PostgreSQL and Mosquitto already run")
            _show(running)
            return
    ports = {"postgres_port": free_port(), "mosquitto_port": free_port()}
    running = {
        **ports,
        "DATABASE_URL": start_postgres(folder / "postgres", ports["postgres_port"]),
        "MOOTHALL_MQTT_URL": start_mosquitto(folder / "mosquitto", ports["mosquitto_port"]),
    }
    note.touch(mode=0o600)
    note.write_text(json.dumps(running))
    _show(running)


def _show(running: dict[str, str | int]) -> None:
    say("to use them:")
    for name in ("DATABASE_URL", "MOOTHALL_MQTT_URL"):
        print(f"  export {name}={running[name]}")


def _stop(folder: Path) -> None:
    stop_mosquitto(folder / "mosquitto")
    stop_postgres(folder / "postgres")
    (folder / "running.json").unlink(missing_ok=True)
    say("PostgreSQL and Mosquitto have ended")


if __name__ == "__main__":
    services = Path(os.environ.get("MOOTHALL_HOME") or ROOT / ".moothall").resolve() / "services"
    what = {"start": _start, "stop": _stop}.get(sys.argv[1] if len(sys.argv) == 2 else "")
    if what is None:
        sys.exit(__doc__)
    services.mkdir(parents=True, exist_ok=True)
    what(services)
