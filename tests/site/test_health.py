"""What a load balancer, a pager and a graph are told."""

from datetime import timedelta

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from moothall.kernel import clock
from moothall.site import health, pulse

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
    [("127.0.0.1", 200), ("10.1.2.3", 200), ("::1", 200), ("203.0.114.9", 403), ("2a00::1", 403)],
)
def test_without_a_token_metrics_are_for_our_own_network(client, client_address, status):
    assert client.get("/metrics", REMOTE_ADDR=client_address).status_code == status


def test_metrics_can_ask_for_a_token(client, settings):
    settings.METRICS_TOKEN = "only-the-scraper-knows"

    assert client.get("/metrics").status_code == 401
    given = client.get("/metrics", headers={"Authorization": "Bearer only-the-scraper-knows"})
    assert given.status_code == 200
