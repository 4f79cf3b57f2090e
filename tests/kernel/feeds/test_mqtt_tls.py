"""A broker behind TLS is believed only when it is who it says, and told who we are."""

import os
import pwd
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.kernel.feeds.authority import Authority

from moothall.kernel.feeds import mqtt
from moothall.kernel.feeds.mqtt import Consumer, Subscription

pytestmark = pytest.mark.mosquitto
PATIENCE_S = 30


@dataclass
class Broker:
    """A Mosquitto with TLS, and what it takes to speak to it."""

    program: str
    folder: Path
    port: int
    running: subprocess.Popen | None = None

    def start(self, certificate: tuple[Path, Path], *lines: str) -> None:
        settings = self.folder / "mosquitto.conf"
        user = pwd.getpwuid(os.geteuid()).pw_name
        settings.write_text(
            f"listener {self.port} 127.0.0.1\nuser {user}\ncertfile {certificate[0]}\n"
            f"keyfile {certificate[1]}\npersistence false\n" + "\n".join(lines) + "\n"
        )
        self.running = subprocess.Popen(
            [self.program, "-c", str(settings)], stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("the broker did not start")

    def stop(self) -> None:
        if self.running is not None:
            self.running.kill()
            self.running.wait()
        self.running = None


@pytest.fixture
def broker(mosquitto, tmp_path) -> Iterator[Broker]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Broker(program=mosquitto, folder=tmp_path, port=port)
    yield made
    made.stop()


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path / "authority")


@dataclass
class Taken:
    """What was kept, in place of a lake."""

    bodies: list[bytes] = field(default_factory=list)

    def take(self, messages) -> bool:
        self.bodies.extend(message.body for message in messages)
        return True


@dataclass
class Listener:
    consumer: Consumer
    thread: threading.Thread
    ready: threading.Event

    @property
    def kept(self) -> list[bytes]:
        return self.consumer.taker.bodies

    def wait_for(self, count: int) -> list[bytes]:
        until = time.monotonic() + PATIENCE_S
        while len(self.kept) < count and time.monotonic() < until:
            time.sleep(0.02)
        return self.kept


@pytest.fixture
def listen(broker):
    started: list[Listener] = []

    def begin(*, host: str = "127.0.0.1", **environment: str) -> Listener:
        ready = threading.Event()
        consumer = Consumer(
            url=f"mqtts://{host}:{broker.port}",
            name="test-listener",
            subscriptions=(Subscription(filter="weir/#", feed="made_up.heights"),),
            taker=Taken(),
            environment=environment,
            on_kept=lambda count: ready.set(),
        )
        thread = threading.Thread(target=consumer.run, daemon=True)
        started.append(Listener(consumer=consumer, thread=thread, ready=ready))
        thread.start()
        return started[-1]

    yield begin
    for one in started:
        one.consumer.stop.set()
        one.thread.join(10)


def publish(broker: Broker, authority: Authority, *bodies: bytes, user: str = "", **certs) -> None:
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.tls_set(ca_certs=str(authority.path), **certs)
    if user:
        client.username_pw_set(user, "opensesame")
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for body in bodies:
        client.publish("weir/1", body, qos=1).wait_for_publish(PATIENCE_S)
    client.disconnect()
    client.loop_stop()


def refusal(listen, **environment: str) -> str:
    """Listen, and return why that did not work."""
    with capture_logs() as said:
        one = listen(**environment)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            lost = [line["why"] for line in said if line["event"] == "broker lost"]
            if lost:
                assert not one.ready.is_set()
                return str(lost[0])
            time.sleep(0.02)
    raise AssertionError("it was not refused")


def test_messages_come_over_tls_and_again_after_the_broker_was_restarted(broker, authority, listen):
    certificate = authority.issue("127.0.0.1")
    broker.start(certificate, "allow_anonymous true")
    one = listen(MOOTHALL_MQTT_CA=str(authority.path))
    assert one.ready.wait(PATIENCE_S)
    publish(broker, authority, *(b"%d" % number for number in range(50)))
    assert len(one.wait_for(50)) == 50

    broker.stop()
    one.ready.clear()
    broker.start(certificate, "allow_anonymous true")
    assert one.ready.wait(PATIENCE_S)
    publish(broker, authority, b"again")

    assert one.wait_for(51)[-1] == b"again"


def test_a_large_message_comes_whole(broker, authority, listen):
    """It is many TLS records long, more than one read brings."""
    broker.start(authority.issue("127.0.0.1"), "allow_anonymous true")
    one = listen(MOOTHALL_MQTT_CA=str(authority.path))
    assert one.ready.wait(PATIENCE_S)
    body = os.urandom(1_000_000)

    publish(broker, authority, body, b"small")

    assert one.wait_for(2) == [body, b"small"]


def test_a_broker_whose_authority_we_do_not_know_is_not_believed(broker, authority, listen):
    broker.start(authority.issue("127.0.0.1"), "allow_anonymous true")

    assert "signed by nobody we know" in refusal(listen)


def test_a_broker_signed_by_another_authority_is_not_believed(broker, authority, listen, tmp_path):
    broker.start(authority.issue("127.0.0.1"), "allow_anonymous true")
    other = Authority(tmp_path / "other", name="Another authority")

    assert "signed by nobody we know" in refusal(listen, MOOTHALL_MQTT_CA=str(other.path))


def test_a_certificate_for_another_host_is_not_believed(broker, authority, listen):
    broker.start(authority.issue("elsewhere.example"), "allow_anonymous true")
    said = refusal(listen, MOOTHALL_MQTT_CA=str(authority.path), host="localhost")

    assert "for another host" in said


def test_a_certificate_that_has_ended_is_not_believed(broker, authority, listen):
    broker.start(authority.issue("127.0.0.1", days=-1), "allow_anonymous true")

    assert "has expired" in refusal(listen, MOOTHALL_MQTT_CA=str(authority.path))


def test_a_broker_without_tls_is_not_spoken_to_as_if_it_had(broker, listen):
    server = socket.create_server(("127.0.0.1", broker.port))

    def answer() -> None:
        line, _ = server.accept()
        line.recv(1000)
        line.sendall(b"\x20\x02\x00\x00")
        line.close()

    threading.Thread(target=answer, daemon=True).start()
    assert "no safe connection" in refusal(listen)
    server.close()


def passwords(broker: Broker, user: str) -> str:
    """Write a file of passwords with one name in it."""
    path = broker.folder / "passwords"
    subprocess.run(
        ["mosquitto_passwd", "-b", "-c", str(path), user, "opensesame"],
        check=True,
        capture_output=True,
    )
    path.chmod(0o600)
    return f"password_file {path}"


def test_name_and_password_are_told_over_tls(broker, authority, listen):
    broker.start(
        authority.issue("127.0.0.1"), "allow_anonymous false", passwords(broker, "moothall")
    )
    trust = {"MOOTHALL_MQTT_CA": str(authority.path), "MOOTHALL_MQTT_USER": "moothall"}

    refused = refusal(listen, **trust, MOOTHALL_MQTT_PASSWORD="wrong")
    assert "the broker refused us" in refused

    one = listen(**trust, MOOTHALL_MQTT_PASSWORD="opensesame")
    assert one.ready.wait(PATIENCE_S)
    publish(broker, authority, b"known", user="moothall")
    assert one.wait_for(1) == [b"known"]


def test_a_broker_that_asks_for_our_certificate_is_shown_it(broker, authority, listen):
    broker.start(
        authority.issue("127.0.0.1"),
        f"cafile {authority.path}",
        "require_certificate true",
        "use_identity_as_username true",
    )
    mine, key = authority.issue("moothall")
    trust = {"MOOTHALL_MQTT_CA": str(authority.path)}

    assert refusal(listen, **trust)

    one = listen(**trust, MOOTHALL_MQTT_CERT=str(mine), MOOTHALL_MQTT_KEY=str(key))
    assert one.ready.wait(PATIENCE_S)
    publish(broker, authority, b"shown", certfile=str(mine), keyfile=str(key))
    assert one.wait_for(1) == [b"shown"]


def test_what_only_the_safe_line_itself_has_to_say_is_not_waited_for():
    class Housekeeping:
        blocking: list[object] = []

        def setblocking(self, flag: bool) -> None:
            self.blocking.append(flag)

        def settimeout(self, seconds: float) -> None:
            self.blocking.append(seconds)

        def recv(self, size: int) -> bytes:
            raise ssl.SSLWantReadError

    line = Housekeeping()
    assert mqtt.read_line(line) is None
    assert line.blocking == [False, mqtt.PATIENCE_S]
