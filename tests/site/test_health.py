"""What a load balancer, a pager and a graph are told."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from moothall.kernel import clock
from moothall.kernel.outbox.models import Message
from moothall.site import health, pulse
from moothall.values.observations import Batch, Observation, Origin, Series

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_home_of_its_own(settings, tmp_path, lake):
    settings.WORKER_PULSE = str(tmp_path / "worker.pulse")
    settings.STORES = tmp_path


def test_alive_is_said_without_asking_anything_else(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"alive\n")
    assert "no-store" in answer["Cache-Control"]


def test_ready_with_a_worker_that_lives(client):
    pulse.beat(clock.now())

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "database": "ok",
        "tables": "ok",
        "lake": "ok",
        "disk": "ok",
        "worker": "ok",
    }


def test_pages_answer_without_a_worker_but_it_is_said(client):
    pulse.beat(clock.now() - timedelta(minutes=20))

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["worker"].startswith("silent since")


def test_not_ready_when_the_disk_is_full(client, monkeypatch):
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 1 << 60)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["disk"].endswith("MB free")


def test_not_ready_when_the_lake_cannot_be_read(client, lake, monkeypatch):
    def broken(**options: object) -> int:
        raise OSError("password=hunter2 is wrong")

    monkeypatch.setattr(lake, "last_change", broken)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["lake"] == "OSError"


def test_not_ready_while_the_tables_are_an_older_versions(client, monkeypatch):
    def older(*_: object) -> list[str]:
        return ["identity.0099_more"]

    health._tables_are_made.cache_clear()
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", older)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["tables"] == "migrations of this version wait to be made"

    monkeypatch.undo()
    assert client.get("/readyz").json()["tables"] == "ok"


def test_what_waits_is_measured_and_a_stand_in_waits_for_nothing(client, lake, settings, tmp_path):
    settings.BACKUPS = str(tmp_path)
    made = tmp_path / f"moothall-{tmp_path.name}-20260105T021000Z"
    made.mkdir()
    (made / "manifest.json").write_text('{"made_at": "2026-01-05T02:10:00+00:00"}')
    now = clock.now()
    Message.objects.create(key="one", created_at=now - timedelta(hours=1), due_at=now)
    series = Series(
        key="house.thing.count", title="How many", unit="1", observed_property="count", thing="A"
    )
    for number, origin in enumerate((Origin.SIMULATED, Origin.LIVE)):
        at = now - timedelta(hours=3 - number)
        one = Observation(series=series.key, at=at, result=1.0, origin=origin)
        batch = Batch(observations=(one,), series=(series,))
        lake.append(batch, feed=f"house.{number}", key="1", now=at)

    text = client.get("/metrics").content.decode()
    found = {family.name: family.samples for family in text_string_to_metric_families(text)}

    def value(name: str) -> float:
        return found[f"moothall_{name}"][0].value

    assert value("lake_unsealed_segments") == 1
    assert 7200 <= value("lake_oldest_unsealed_seconds") < 7300
    assert value("outbox_waiting") == 1
    assert 3600 <= value("outbox_oldest_seconds") < 3700
    assert value("backup_seconds") == 1767579000


def test_every_metric_an_alert_asks_for_is_one_we_give():
    rules = (Path(__file__).parents[2] / "deploy/prometheus/moothall.rules.yml").read_text()
    asked = set(re.findall(r"\bmoothall_[a-z_]+", re.sub(r"mend:.*", "", rules)))
    folder = Path(health.__file__).parent
    source = "".join((folder / name).read_text() for name in ("gauges.py", "metrics.py"))
    given = set(re.findall(r'"(?:moothall_)?([a-z_]+)"', source))
    wanted = {re.sub(r"^moothall_|_total$|_bucket$", "", name) for name in asked}
    assert wanted
    assert wanted <= given


def test_metrics_are_openmetrics_and_name_routes_not_addresses(client):
    client.get("/healthz")
    pulse.beat(clock.now())

    answer = client.get("/metrics", {"postcode": "LE1 1AA"})

    assert answer["Content-Type"].startswith("application/openmetrics-text")
    found = {
        family.name: family for family in text_string_to_metric_families(answer.content.decode())
    }
    assert {"moothall_requests", "moothall_worker_beat_seconds", "moothall_lake_rows"} <= set(found)
    routes = {sample.labels["route"] for sample in found["moothall_requests"].samples}
    assert "/healthz" in routes
    assert "LE1" not in answer.content.decode()


@pytest.mark.parametrize(
    ("client_address", "status"),
    [
        ("127.0.0.1", 200),
        ("10.1.2.3", 200),
        ("::1", 200),
        ("203.0.114.9", 403),
        ("2a00::1", 403),
        ("198.51.100.7", 403),
        ("100.64.0.1", 403),
        ("240.0.0.1", 403),
    ],
)
def test_without_a_token_metrics_are_for_our_own_network(client, client_address, status):
    assert client.get("/metrics", REMOTE_ADDR=client_address).status_code == status


def test_metrics_can_ask_for_a_token(client, settings):
    settings.METRICS_TOKEN = "only-the-scraper-knows"

    assert client.get("/metrics").status_code == 401
    given = client.get("/metrics", headers={"Authorization": "Bearer only-the-scraper-knows"})
    assert given.status_code == 200
