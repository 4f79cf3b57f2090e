"""Topics of a real broker: a stranger's client hears what changes, and publishes observations."""

import json
import queue
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from tests.civic.opendata.api.sensorthings.bodies import WHOLE, observation

from moothall.civic.opendata.actions.sensorthings import exchanging
from moothall.civic.opendata.actions.sensorthings.exchanging import Bridge
from moothall.civic.opendata.queries.sensorthings import news
from moothall.kernel.observations.lake import current

pytestmark = pytest.mark.django_db


@pytest.fixture
def listener(mqtt_url):
    """A client of paho that hears every topic of the service."""
    from paho.mqtt.client import CallbackAPIVersion, Client

    heard = queue.Queue()
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _u, message: heard.put((message.topic, message.payload))
    ready = queue.Queue()
    client.on_subscribe = lambda *_: ready.put(True)
    address = urlsplit(mqtt_url)
    client.connect(address.hostname, address.port)
    client.loop_start()
    client.subscribe("v1.1/#", qos=1)
    ready.get(timeout=10)
    client.heard = heard
    yield client
    client.disconnect()
    client.loop_stop()


def drain(heard, count):
    return [heard.get(timeout=10) for _ in range(count)]


@pytest.mark.mosquitto
def test_a_client_hears_what_is_made_and_what_it_publishes_is_kept(send, see, mqtt_url, listener):
    from moothall.kernel import clock

    bridge = Bridge(mqtt_url, writes=True)
    bridge.step(clock.now())
    send("POST", "Things", WHOLE)
    told = bridge.step(clock.now())
    heard = dict(drain(listener.heard, told))
    assert json.loads(heard["v1.1/Things(1)"])["name"] == "Weather box"
    assert json.loads(heard["v1.1/Things(1)/name"]) == {"name": "Weather box"}
    assert json.loads(heard["v1.1/Things(1)/Datastreams"])["@iot.id"] == 1
    assert "v1.1/Datastreams" in heard
    topic = "v1.1/Datastreams(1)/Observations"
    for body in (observation(7), {"result": "wrong"}, b"nonsense", observation(7)):
        sent = body if isinstance(body, bytes) else json.dumps(body)
        listener.publish(topic, sent, qos=1).wait_for_publish(10)
    listener.publish(
        "v1.1/Observations",
        json.dumps({**observation(8, "2026-01-05T11:00:00Z"), "Datastream": {"@iot.id": 1}}),
        qos=1,
    ).wait_for_publish(10)
    drain(listener.heard, 5)
    told = bridge.step(clock.now())
    assert [one["result"] for one in see(topic.removeprefix("v1.1/"))["value"]] == [7, 8]
    heard = drain(listener.heard, told)
    results = [json.loads(body)["result"] for name, body in heard if name == topic]
    assert results == [7, 8]
    assert all("@iot.selfLink" in json.loads(body) for name, body in heard if name == topic)
    # What it told is not taken in again.
    assert bridge.step(clock.now()) == 0
    bridge.line.close()


@pytest.mark.mosquitto
def test_of_several_workers_one_tells(sensed, mqtt_url):
    from moothall.kernel import clock

    first, second = Bridge(mqtt_url, writes=True), Bridge(mqtt_url, writes=True)
    first.step(clock.now())
    assert second.step(clock.now()) == 0
    assert second.told == -1
    first.line.close()


def test_each_change_is_told_to_the_topics_of_what_changed(send):
    from moothall.kernel import clock

    begun = current().last_change()
    send("POST", "Things", WHOLE)
    send("PATCH", "Datastreams(1)", {"name": "Renamed"})
    send("POST", "Datastreams(1)/Observations", observation())
    messages, last = news.list_since(begun, root="https://x/api/sta/v1.1", now=clock.now())
    topics = [topic for topic, _ in messages]
    assert "v1.1/FeaturesOfInterest(1)/Observations" in topics
    assert "v1.1/Things(1)/HistoricalLocations" in topics
    assert topics.count("v1.1/Datastreams(1)/name") == 2
    # A property that was not changed is told of once: when it was made.
    assert topics.count("v1.1/Datastreams(1)/description") == 1
    assert last == current().last_change()
    assert news.list_since(last, root="", now=clock.now()) == ([], last)


def test_without_a_broker_or_the_packs_word_nothing_is_done(sensed, settings):
    from moothall.kernel import clock

    settings.MQTT_URL = ""
    assert exchanging.look(clock.now()) == 0
    settings.MQTT_URL = "mqtt://127.0.0.1:1"
    assert exchanging.look(clock.now() + timedelta(seconds=1)) == 0
