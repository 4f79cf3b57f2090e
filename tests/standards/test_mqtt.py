"""MQTT is read however its bytes are cut, and nothing that is not MQTT passes for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards import mqtt

TOPIC = st.text(min_size=1, max_size=40).filter(lambda topic: "\0" not in topic)
MESSAGE = st.tuples(TOPIC, st.binary(max_size=400), st.integers(0, 65_535))


def published(topic: str, body: bytes, number: int) -> bytes:
    said = topic.encode()
    rest = len(said).to_bytes(2, "big") + said
    rest += (number.to_bytes(2, "big") if number else b"") + body
    length = (
        bytes([len(rest)]) if len(rest) < 128 else bytes([len(rest) % 128 | 128, len(rest) >> 7])
    )
    return bytes([0x32 if number else 0x30]) + length + rest


@given(messages=st.lists(MESSAGE, max_size=8), cut=st.integers(1, 60))
def test_messages_are_read_whole_however_the_bytes_are_cut(messages, cut):
    stream = b"".join(published(*message) for message in messages)

    held, heard = b"", []
    for begin in range(0, len(stream), cut):
        held += stream[begin : begin + cut]
        packets, rest = mqtt.read(held)
        heard += packets
        held = held[rest:]

    assert held == b""
    assert [(one.topic, one.body, one.number) for one in heard] == messages


@given(st.binary(max_size=200))
def test_rubbish_is_refused_or_read_but_never_breaks_the_reader(rubbish):
    try:
        packets, rest = mqtt.read(rubbish)
    except ValueError:
        return
    assert 0 <= rest <= len(rubbish)
    assert all(one.kind < 16 for one in packets)


@pytest.mark.parametrize(
    "said",
    [
        b"\x34\x05\x00\x01a\x00\x07",  # a service we did not ask for
        b"\x32\x05\x00\x01a\x00\x00",  # to be acknowledged, by no number
        b"\x30\x03\x00\x09a",  # a topic longer than its packet
        b"\x30\x03\x00\x01\xff",  # a topic that is no text
        b"\x30\xff\xff\xff\xff\x01",  # a length without an end
    ],
)
def test_what_is_not_mqtt_is_refused(said):
    with pytest.raises(ValueError, match=r"packet|message|decode"):
        mqtt.read(said)


def test_what_the_broker_says_of_us_is_read_beside_messages():
    stream = b"\x20\x02\x00\x05" + b"\x90\x04\x00\x01\x01\x80" + published("a", b"1", 7)

    packets, _ = mqtt.read(stream)

    assert packets == [
        mqtt.Heard(mqtt.CONNACK, "", b"\x00\x05", 0),
        mqtt.Heard(mqtt.SUBACK, "", b"\x00\x01\x01\x80", 0),
        mqtt.Heard(mqtt.PUBLISH, "a", b"1", 7),
    ]


def test_we_say_who_we_are_as_the_standard_has_it():
    assert mqtt.connect("me", keepalive_s=60, user="jo", password="pw") == (
        b"\x10\x16\x00\x04MQTT\x04\xc0\x00\x3c\x00\x02me\x00\x02jo\x00\x02pw"
    )
    assert mqtt.connect("me", keepalive_s=60)[:12] == b"\x10\x0e\x00\x04MQTT\x04\x00\x00\x3c"
    assert mqtt.subscribe(["a/+"]) == b"\x82\x08\x00\x01\x00\x03a/+\x01"
    assert mqtt.acknowledge([7, 65_535]) == b"\x40\x02\x00\x07\x40\x02\xff\xff"


@pytest.mark.parametrize(
    ("filter", "topic", "fits"),
    [
        ("sensors/+/up", "sensors/7/up", True),
        ("sensors/+/up", "sensors/7/8/up", False),
        ("sensors/#", "sensors/7/up", True),
        ("sensors/#", "sensors", True),
        ("sensors/7", "sensors/8", False),
        ("#", "$SYS/uptime", False),
        ("$SYS/#", "$SYS/uptime", True),
        ("+", "a/", False),
        ("+/+", "a/", True),
        ("$share/two/sensors/+", "sensors/7", True),
    ],
)
def test_a_filter_means_the_topics_the_standard_says(filter, topic, fits):
    assert mqtt.matches(filter, topic) is fits
