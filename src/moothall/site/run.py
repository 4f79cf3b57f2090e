"""Runs the whole house on one machine: makes it ready, starts it, minds it, ends it.

The minder itself stays small: it loads neither Django nor the lake, and asks the house over
HTTP, as anyone would.
"""

import errno
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any

from moothall.site import parent
from moothall.site.whereabouts import home as find_home

READY_WITHIN_S = 60.0
END_WITHIN_S = 4.0
"""Children are asked to end, and after this they are ended: all is over within five seconds."""
TICK_S = 0.2
BACKOFF_S = (0.5, 1, 2, 5, 10, 30)
STEADY_AFTER_S = 60.0
NEWS_FOR_S = 120.0
NEWS_EVERY_S = 3.0

Say = Callable[[str], None]


class UnableToRun(Exception):
    """The house cannot be run here and now; the message says why and what to do."""


@dataclass(slots=True)
class Child:
    """One process of the house, and how it has fared."""

    name: str
    command: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    crashes: int = 0
    again_at: float = 0.0

    def start(self, environ: Mapping[str, str]) -> None:
        """Start it in a group of its own, so that Ctrl-C reaches it through us alone."""
        self.process = subprocess.Popen(  # noqa: S603 - our own modules
            self.command, env=dict(environ), process_group=0, stdin=subprocess.DEVNULL
        )
        self.started = time.monotonic()
        self.again_at = 0.0

    def signal(self, number: signal.Signals) -> None:
        """Tell it and everything it started."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.process is None or self.process.poll() is not None


@dataclass(slots=True)
class House:
    """The running house and its minder."""

    host: str
    port: int
    home: Path
    say: Say = print
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    children: list[Child] = field(default_factory=list)
    ending: bool = False
    at_once: bool = False

    def run(self) -> int:
        """Run until told to end; return the exit code.

        Errors:  UnableToRun if another house runs here, the port is taken, or it cannot start.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.end)
        with hold(self.home):
            check_port(self.host, self.port)
            try:
                self.prepare()
                self.start()
                if self.wait_until_it_answers():
                    self.say(f"Moothall is ready at http://{shown(self.host)}:{self.port}/")
                    self.mind()
            finally:
                self.stop()
        return 0

    def end(self, number: int, frame: FrameType | None) -> None:
        """Take note that it is over: Ctrl-C, or whoever started us says so; twice is at once."""
        self.at_once = self.ending
        self.ending = True

    def prepare(self) -> None:
        """Make the stores ready in a process that is then gone, with its memory."""
        made = Child("prepare", (sys.executable, "-m", "moothall.site.prepare"))
        self.children.append(made)
        made.start(self.environ)
        while not made.ended:
            if self.ending:
                return
            time.sleep(0.02)
        self.children.remove(made)
        if made.process is not None and made.process.returncode:
            raise UnableToRun("Moothall could not get ready; the lines above say why.")

    def start(self) -> None:
        """Start the front and the worker."""
        if self.ending:
            return
        environ = {**self.environ, parent.NAMED: str(os.getpid())}
        front = (sys.executable, "-m", "moothall.site.front", self.host, str(self.port))
        self.children += [
            Child("web", front),
            Child("work", (sys.executable, "-m", "moothall.site.work")),
        ]
        for child in self.children:
            child.start(environ)

    def wait_until_it_answers(self) -> bool:
        """Wait for the first answer; False if told to end meanwhile.

        Errors:  UnableToRun if the front ends or stays silent.
        """
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until and not self.ending:
            if any(child.name == "web" and child.ended for child in self.children):
                raise UnableToRun("The pages could not start; the lines above say why.")
            with suppress(OSError, http.client.HTTPException):
                self.ask("/healthz")
                return True
            time.sleep(0.1)
        if self.ending:
            return False
        raise UnableToRun(f"Nothing answered within {READY_WITHIN_S:.0f} seconds.")

    def ask(self, path: str) -> tuple[int, bytes]:
        """Ask the house for a page."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        line = http.client.HTTPConnection(host, self.port, timeout=5)
        try:
            # It answers to names it knows; this is one in every setting that has a loopback.
            line.request("GET", path, headers={"Host": f"127.0.0.1:{self.port}"})
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def mind(self) -> None:
        """Restart what crashes, and tell what becomes known of the feeds, until it is over."""
        news = News(self.say)
        next_news = time.monotonic()
        news_until = next_news + NEWS_FOR_S
        environ = {**self.environ, parent.NAMED: str(os.getpid())}
        while not self.ending:
            for child in self.children:
                self.tend(child, environ)
            if next_news <= time.monotonic() < news_until and not news.complete:
                next_news = time.monotonic() + NEWS_EVERY_S
                with suppress(OSError, http.client.HTTPException, ValueError):
                    status, body = self.ask("/data.json")
                    if status == 200:
                        news.tell(json.loads(body))
            time.sleep(TICK_S)

    def tend(self, child: Child, environ: Mapping[str, str]) -> None:
        """Start a child again after it crashed, later each time it does."""
        moment = time.monotonic()
        if not child.ended:
            if child.crashes and moment - child.started > STEADY_AFTER_S:
                child.crashes = 0
            return
        if not child.again_at:
            wait_s = BACKOFF_S[min(child.crashes, len(BACKOFF_S) - 1)]
            child.crashes += 1
            child.again_at = moment + wait_s
            code = child.process.returncode if child.process is not None else "?"
            self.say(f"The {child.name} process ended ({code}); it starts again in {wait_s} s.")
            # What it started may have outlived it, and hold the port.
            child.signal(signal.SIGKILL)
        elif moment >= child.again_at:
            child.start(environ)

    def stop(self) -> None:
        """End every child: asked first, then made to."""
        if self.ending and any(not child.ended for child in self.children):
            self.say("Ending.")
        for child in self.children:
            child.signal(signal.SIGTERM)
        until = time.monotonic() + END_WITHIN_S
        while time.monotonic() < until and not self.at_once:
            if all(child.ended for child in self.children):
                break
            time.sleep(0.02)
        for child in self.children:
            child.signal(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


@dataclass(slots=True)
class News:
    """Tells once of each feed how it is fed, as that becomes known."""

    say: Say
    told: dict[str, str] = field(default_factory=dict)
    trouble: str = ""
    complete: bool = False

    def tell(self, catalogue: Mapping[str, Any]) -> None:
        """Tell what is new in the machine-readable list of feeds."""
        feeds: Mapping[str, str] = {
            str(feed["name"]): str(feed["state"]) for feed in catalogue.get("feeds", ())
        }
        if not self.told and feeds:
            self.say(f"{catalogue.get('city', 'The city')}: {len(feeds)} feeds are switched on.")
        if (trouble := str(catalogue.get("trouble") or "")) != self.trouble:
            self.trouble = trouble
            if trouble:
                self.say(f"  {trouble}")
        for state, words in SAYINGS.items():
            fresh = [n for n, s in sorted(feeds.items()) if s == state and self.told.get(n) != s]
            if fresh:
                self.say(f"  {words}: {', '.join(fresh)}")
                self.told.update(dict.fromkeys(fresh, state))
        self.told.setdefault("", "")
        self.complete = bool(feeds) and all(state in SAYINGS for state in feeds.values())


SAYINGS = {
    "live": "live",
    "replayed": "replayed from recordings",
    "simulated": "nothing from the source, so simulated and labelled so",
    "stale": "nothing new for a while",
    "unreachable": "unreachable for now",
    "busy": "in trouble at the source, which says so itself",
    "refused": "refused by the source: look at the address and the key",
    "unreadable": "answered with what cannot be read",
    "unrecorded": "not among the recordings",
    "unkept": "fetched, and not taken by our own stores",
    "broken": "not asked or not read through a fault of ours: see /desk/feeds/",
    "failing": "failing",
}


def shown(host: str) -> str:
    """Return the host as a person can open it."""
    opened = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{opened}]" if ":" in opened else opened


class hold:
    """Hold a home while the house runs in it.

    Errors:  UnableToRun if another Moothall holds it.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / "run.lock"
        self.file: IO[str] | None = None

    def __enter__(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
            self.file = self.path.open("a+")
        except OSError as fault:
            raise UnableToRun(
                f"The stores cannot be kept in {self.path.parent} ({fault.strerror}); name a folder"
                " that this account may write to with MOOTHALL_HOME."
            ) from None
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.file.seek(0)
            other = self.file.read().strip()
            self.file.close()
            raise UnableToRun(
                f"Another Moothall already runs in {self.path.parent}"
                f"{f' (process {other})' if other else ''}. End that one first, or give this one"
                " a home of its own with MOOTHALL_HOME."
            ) from None
        self.file.truncate(0)
        self.file.write(str(os.getpid()))
        self.file.flush()

    def __exit__(self, *_: object) -> None:
        if self.file is not None:
            self.file.close()


def check_port(host: str, port: int) -> None:
    """Make sure that we can listen there; errors: UnableToRun."""
    if not 0 < port < 65536:
        raise UnableToRun(f"{port} is not a port: give PORT a number from 1 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise UnableToRun(
                f"This account may not listen on port {port}; choose one from 1024 up with PORT."
            ) from None
        except socket.gaierror:
            raise UnableToRun(f"{host} is no address: give HOST one of this machine's.") from None
        except OSError as fault:
            if fault.errno == errno.EADDRNOTAVAIL:
                raise UnableToRun(
                    f"This machine has no address {host}; give HOST one that it has, such as ::1."
                ) from None
            raise UnableToRun(
                f"Port {port} on {host} cannot be used ({fault.strerror}). If another program"
                f" uses it, choose another: PORT={port + 1} make run"
            ) from None


def main(host: str, port: int) -> int:
    """Run the house as this process's settings say; return the exit code."""
    try:
        return House(host=host, port=port, home=find_home()).run()
    except UnableToRun as fault:
        print(fault, file=sys.stderr)  # noqa: T201
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
