"""The door for what is pushed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client
from tests.kernel.feeds.conftest import items, make_feed

from moothall.kernel.feeds import duty, push
from moothall.kernel.registry import Arrival
from moothall.portal import ingest

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


@pytest.fixture
def key(lake, settings, tmp_path, monkeypatch, in_city):
    in_city("leeds")
    settings.RAW_STORE = str(tmp_path / "raw")
    feed = make_feed("", arrives=Arrival.PUSH, max_bytes=5000)
    monkeypatch.setattr(ingest, "_duty", lambda: replace(duty.from_settings(), feeds=(feed,)))
    return push.make_key(feed.name, label="the weir", now=NOW)


def post(client, body, key, feed="made_up.heights"):
    return client.post(
        f"/ingest/{feed}/",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )


@pytest.mark.django_db
def test_a_payload_pushed_with_a_key_is_in_the_lake(client, key, lake):
    answer = post(client, items(0.5), key)

    assert answer.status_code == 201
    assert answer.json()["observations"] == 1
    assert lake.find_latest("made_up.aire.height_m").observation.result == 0.5
    assert post(client, items(0.5), key).json()["outcome"] == "unchanged"


@pytest.mark.django_db
def test_without_the_key_nothing_is_taken(client, key, lake):
    answer = post(client, items(0.5), "wrong")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert lake.find_latest("made_up.aire.height_m") is None
    assert post(client, items(0.5), key, feed="no.such").status_code == 401


@pytest.mark.django_db
def test_too_much_is_refused_and_a_page_visit_is_not_a_push(client, key):
    assert post(client, bytes(6000), key).status_code == 413
    assert client.get("/ingest/made_up.heights/").status_code == 405


@pytest.mark.django_db
def test_a_strangers_payload_is_not_read_into_memory(client, key, monkeypatch):
    read = []
    receive = push.receive
    monkeypatch.setattr(
        push,
        "receive",
        lambda feed, body, **said: read.append(len(body)) or receive(feed, body, **said),
    )
    post(client, bytes(4000), "wrong")
    post(client, bytes(4000), key)

    assert read == [1, 4000]


@pytest.mark.django_db
def test_pushing_is_limited_by_its_own_rule_and_not_by_that_of_forms(client, key, settings):
    settings.LIMITS_ON = True
    settings.LIMIT_WRITING = "2/minute"
    client = Client()  # with the limits as they now are
    answers = [post(client, items(0.5 + n / 10), key).status_code for n in range(4)]

    assert answers == [201, 201, 201, 201]
