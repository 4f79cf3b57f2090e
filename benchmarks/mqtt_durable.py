"""From a broker to durable: micro-batches beside a row at a time, and what kill -9 loses.

Usage:  python benchmarks/mqtt_durable.py [--messages 100000] [--rows 3000] [--no-kill]

Starts a Mosquitto of its own. Every message is one observation, sent with quality of service 1 and
acknowledged by hand once it is on disk. The peer does the same a row at a time: one transaction a
message into a table of rows on the same disk, then the acknowledgement. Then the consumer is
killed with SIGKILL again and again while messages come, and what is in the lake is counted.
"""

import argparse
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 1, 5, tzinfo=UTC)
THINGS = 5000
TOPIC = "moothall/benchmark"


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def start_broker(folder: Path, port: int) -> subprocess.Popen:
    binary = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    settings = folder / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\n"
        "max_queued_messages 0\nset_tcp_nodelay true\npersistence false\nuser root\n"
    )
    broker = subprocess.Popen([binary, "-c", str(settings)], stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return broker
    raise SystemExit("the broker did not start")


def publish(port: int, first: int, count: int) -> None:
    """Publish messages in a process of its own, as fast as the broker takes them."""
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.max_queued_messages_set(0)
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    last = None
    for number in range(first, first + count):
        at = START + timedelta(seconds=number // THINGS)
        body = f'{{"at":"{at:%Y-%m-%dT%H:%M:%SZ}","value":{number}}}'
        last = client.publish(f"{TOPIC}/{number % THINGS}", body, qos=1)
        if number % 5000 == 4999:
            last.wait_for_publish(60)
    last.wait_for_publish(300)
    client.disconnect()
    client.loop_stop()


def make_feed():
    import msgspec

    from moothall.kernel.registry import Arrival, Feed
    from moothall.values.observations import Batch, Observation, Series

    known: dict[str, Series] = {}

    def parse(payload, params) -> Batch:
        thing = payload.request.url.rpartition("/")[2]
        key = f"made_up.thing_{thing}.height_m"
        series = known.get(key)
        if series is None:
            series = known[key] = Series(
                key=key, title=key, unit="m", observed_property="height", thing=thing
            )
        item = msgspec.json.decode(payload.body)
        return Batch(
            observations=(
                Observation(
                    series=key,
                    at=datetime.fromisoformat(item["at"]).astimezone(UTC),
                    result=float(item["value"]),
                ),
            ),
            series=(series,),
        )

    return Feed(
        name="made_up.heights",
        title="Heights",
        summary="",
        publisher="",
        documentation="",
        licence="CC0-1.0",
        attribution="",
        every=timedelta(minutes=1),
        stale_after=timedelta(minutes=5),
        arrives=Arrival.MQTT,
        parse=parse,
    )


def set_up(home: Path) -> None:
    os.environ["MOOTHALL_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "moothall.site.settings"
    import logging

    import structlog
    from django.conf import settings

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    assert settings.RAW_STORE.startswith(str(home))


def consume(home: Path, port: int, report: Path) -> None:
    """Be the consumer, as the worker runs it."""
    set_up(home)
    from moothall.kernel import clock
    from moothall.kernel.feeds.duty import Duty
    from moothall.kernel.feeds.messages import Taker
    from moothall.kernel.feeds.mqtt import Consumer, Subscription
    from moothall.kernel.feeds.reading import City
    from moothall.kernel.feeds.runner import Surroundings

    feed = make_feed()

    class Quiet(Duty):
        def params(self, feed):
            return {}

    duty = Quiet(feeds=(feed,), around=Surroundings(fetcher=None, city=City()))
    kept = [0]

    def on_kept(count: int) -> None:
        kept[0] += count
        report.write_text(str(kept[0]))

    Consumer(
        url=f"mqtt://127.0.0.1:{port}",
        name="moothall-benchmark",
        subscriptions=(Subscription(filter=f"{TOPIC}/+", feed=feed.name),),
        taker=Taker(duty=duty, clock=clock.now),
        on_kept=on_kept,
    ).run()


def consume_rows(home: Path, port: int, report: Path) -> None:
    """Be the peer: parse a message, insert a row and update the latest, commit, acknowledge."""
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    rows = sqlite3.connect(home / "rows.sqlite3", isolation_level=None, check_same_thread=False)
    rows.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE observation (series TEXT, at TEXT, value REAL, PRIMARY KEY (series, at));"
        "CREATE TABLE latest (series TEXT PRIMARY KEY, at TEXT, value REAL);"
    )
    kept = [0]

    def on_message(client, userdata, message) -> None:
        item = json.loads(message.payload)
        row = (message.topic, item["at"], item["value"])
        rows.execute("BEGIN IMMEDIATE")
        rows.execute("INSERT OR IGNORE INTO observation VALUES (?, ?, ?)", row)
        rows.execute(
            "INSERT INTO latest VALUES (?, ?, ?) ON CONFLICT (series) DO UPDATE SET"
            " at = excluded.at, value = excluded.value WHERE excluded.at > latest.at",
            row,
        )
        rows.execute("COMMIT")
        client.ack(message.mid, message.qos)
        kept[0] += 1
        if kept[0] % 100 == 0:
            report.write_text(str(kept[0]))

    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id="rows", clean_session=False, manual_ack=True
    )
    client.on_message = on_message
    client.on_connect = lambda client, *rest: client.subscribe(f"{TOPIC}/+", qos=1)
    client.on_subscribe = lambda *about: report.write_text("0")
    client.connect("127.0.0.1", port)
    client.loop_forever()


def spawn(what: str, *more: object) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, str(Path(__file__).resolve()), what, *map(str, more)])


def count_of(report: Path) -> int:
    try:
        return int(report.read_text() or 0)
    except (FileNotFoundError, ValueError):
        return 0


def wait_for(report: Path, wanted: int, *, within_s: float = 300) -> float:
    """Wait until so many are kept; return when that was."""
    until = time.monotonic() + within_s
    while count_of(report) < wanted:
        if time.monotonic() > until:
            raise SystemExit(f"only {count_of(report):,} of {wanted:,} were kept")
        time.sleep(0.01)
    return time.monotonic()


def end(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def subscribe_once(consumer: str, home: Path, port: int, report: Path) -> subprocess.Popen:
    """Start a consumer and wait until the broker keeps messages for it."""
    running = spawn(consumer, home, port, report)
    until = time.monotonic() + 60
    while not report.is_file() and time.monotonic() < until:
        time.sleep(0.05)
    return running


def rate(consumer: str, home: Path, messages: int) -> tuple[float, float]:
    """Measure how many messages a second go from the broker to the disk and are acknowledged.

    Also the processor time the consumer takes for one, in microseconds: on a machine that others
    use too that says more than the clock on the wall.
    """
    import psutil

    home.mkdir(parents=True, exist_ok=True)
    port, report = free_port(), home / "kept"
    broker = start_broker(home, port)
    running = subscribe_once(consumer, home, port, report)
    try:
        # They wait at the broker first, so that the publisher does not take the consumer's time.
        running.send_signal(signal.SIGSTOP)
        publisher = spawn("publish", port, 0, messages)
        publisher.wait()
        used, begin = psutil.Process(running.pid).cpu_times(), time.monotonic()
        running.send_signal(signal.SIGCONT)
        took = wait_for(report, messages) - begin
        after = psutil.Process(running.pid).cpu_times()
        busy = after.user + after.system - used.user - used.system
        return messages / took, busy / messages * 1e6
    finally:
        end(running)
        end(broker)


def count_lake(home: Path) -> tuple[int, int]:
    """Count observations in the lake, and the distinct ones."""
    script = (
        f"import sys; sys.argv=['x']; sys.path.insert(0, {str(Path(__file__).parent)!r});"
        "import mqtt_durable as b;"
        f"from pathlib import Path; b.set_up(Path({str(home)!r}));"
        "from moothall.kernel.observations import lake;"
        "t = lake.current().query('SELECT count(*), count(DISTINCT value) FROM observations');"
        "print(*[c[0].as_py() for c in t.columns])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    rows, distinct = map(int, done.stdout.split())
    return rows, distinct


def kill_again_and_again(home: Path, messages: int) -> tuple[int, int, int]:
    """Kill the consumer while messages come; return the kills, and what the lake then holds."""
    home.mkdir(parents=True, exist_ok=True)
    port, report = free_port(), home / "kept"
    broker = start_broker(home, port)
    running = subscribe_once("consume", home, port, report)
    publisher = spawn("publish", port, 0, messages)
    chance, kills = random.Random(7), 0
    try:
        for _ in range(8):
            time.sleep(chance.uniform(0.9, 2.5))
            end(running)
            kills += 1
            running = spawn("consume", home, port, report)
        publisher.wait()
        quiet = time.monotonic()
        seen = -1
        while time.monotonic() - quiet < 6:
            if count_of(report) != seen:
                seen, quiet = count_of(report), time.monotonic()
            time.sleep(0.1)
    finally:
        end(running)
        end(broker)
    return (kills, *count_lake(home))


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] in {"publish", "consume", "rows"}:
        what, *more = sys.argv[1:]
        if what == "publish":
            publish(*map(int, more))
        elif what == "consume":
            consume(Path(more[0]), int(more[1]), Path(more[2]))
        else:
            consume_rows(Path(more[0]), int(more[1]), Path(more[2]))
        return
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--messages", type=int, default=100_000)
    given.add_argument("--rows", type=int, default=5_000)
    given.add_argument("--no-kill", action="store_true")
    args = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="moothall-mqtt-") as name:
        home = Path(name)
        ours, ours_us = rate("consume", home / "ours", args.messages)
        print(f"micro-batches: {ours:,.0f} messages/s durable, {ours_us:.0f} us of processor each")
        peer, peer_us = rate("rows", home / "rows", args.rows)
        print(f"row at a time: {peer:,.0f} messages/s durable, {peer_us:.0f} us of processor each")
        print(f"ratio: {ours / peer:.1f}")
        if not args.no_kill:
            kills, rows, distinct = kill_again_and_again(home / "killed", args.messages)
            print(
                f"kill -9, {kills} times: {distinct:,} of {args.messages:,} in the lake, "
                f"{rows - distinct:,} twice, {args.messages - distinct:,} lost"
            )
            if rows != args.messages or distinct != args.messages:
                raise SystemExit(1)


if __name__ == "__main__":
    main()
