"""What listeners hear, and what becomes of those who do not keep up or come back."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from moothall.kernel.live import hub as hubs
from moothall.kernel.live.filters import Filter
from moothall.kernel.live.hub import Hub, UnableToJoin
from moothall.values.observations import Batch, Observation, Origin, Series
from moothall.values.places import Point

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def say(lake, number, *, thing="a", feed="probe.open", result=None, origin=Origin.LIVE):
    """Append one reading of one series."""
    key = f"probe.{thing}.level_m"
    series = Series(
        key=key, title=thing, unit="m", observed_property="level", thing=thing, lon=-1.5, lat=53.8
    )
    reading = Observation(
        series=key,
        at=NOW + timedelta(minutes=number),
        result=float(number) if result is None else result,
        origin=origin,
    )
    batch = Batch(observations=(reading,), series=(series,))
    lake.append(batch, feed=feed, key=f"{thing}{number}", now=NOW)


def heard(said: bytes) -> list[dict]:
    """Read the data out of some events."""
    return [orjson.loads(text) for text in re.findall(rb"^data: (.*)$", said, re.MULTILINE)]


def with_hub(lake, story, **limits):
    """Run a story with a hub over a lake."""

    async def tell():
        hub = Hub(lambda: lake, is_open=lambda feed: feed != "probe.closed", **limits)
        try:
            return await asyncio.wait_for(story(hub), timeout=20)
        finally:
            hub.close()

    return asyncio.run(tell())


def test_a_listener_hears_what_it_asked_for_and_nothing_else(lake):
    async def story(hub):
        one = await hub.join(Filter(series=frozenset({"probe.a.level_m"})), address="x", after=None)
        all_ = await hub.join(Filter(), address="x", after=None)
        far = await hub.join(Filter(near=Point(lon=0, lat=0)), address="x", after=None)
        near = await hub.join(
            Filter(near=Point(lon=-1.501, lat=53.8), within_m=100), address="x", after=None
        )
        say(lake, 1)
        say(lake, 2, thing="b")
        await hub.look()
        assert [said["series"] for said in heard(one.waiting[0])] == ["probe.a.level_m"]
        assert len(heard(all_.waiting[0])) == 2
        assert len(heard(near.waiting[0])) == 2
        assert not far.waiting

    with_hub(lake, story)


def test_what_a_closed_feed_says_is_never_told(lake):
    async def story(hub):
        all_ = await hub.join(Filter(), address="x", after=0)
        say(lake, 1, feed="probe.closed")
        await hub.look()
        assert not all_.waiting
        again = await hub.join(Filter(), address="x", after=0)
        assert not again.waiting

    with_hub(lake, story)


def test_an_event_says_its_value_unit_quality_and_origin(lake):
    async def story(hub):
        one = await hub.join(Filter(), address="x", after=None)
        say(lake, 1, origin=Origin.REPLAYED)
        await hub.look()
        return heard(one.waiting[0])[0]

    assert with_hub(lake, story) == {
        "series": "probe.a.level_m",
        "at": "2026-01-05T12:01:00Z",
        "value": 1.0,
        "unit": "m",
        "quality": "unchecked",
        "origin": "replayed",
    }


def test_a_category_is_told_as_text(lake):
    async def story(hub):
        one = await hub.join(Filter(), address="x", after=None)
        say(lake, 1, result="open")
        await hub.look()
        return heard(one.waiting[0])[0]

    said = with_hub(lake, story)
    assert said["text"] == "open"
    assert "value" not in said


def test_who_comes_back_hears_what_it_missed_once(lake):
    say(lake, 1)
    mark = lake.last_change()
    say(lake, 2)
    say(lake, 3, thing="b")

    async def story(hub):
        back = await hub.join(Filter(), address="x", after=mark)
        said = heard(back.waiting.popleft())
        assert [(one["series"], one["value"]) for one in said] == [
            ("probe.a.level_m", 2.0),
            ("probe.b.level_m", 3.0),
        ]
        await hub.look()
        assert not back.waiting
        assert back.bookmark == lake.last_change()

    with_hub(lake, story)


def test_only_the_last_event_of_a_change_carries_the_id(lake):
    async def story(hub):
        one = await hub.join(Filter(), address="x", after=None)
        say(lake, 1)
        say(lake, 2, thing="b")
        await hub.look()
        return one.waiting[0]

    said = with_hub(lake, story)
    assert said.count(b"id: ") == 1
    assert said.rindex(b"id: ") > said.index(b"event: observation", 5)


def test_a_bookmark_from_another_record_is_told_to_resync(lake):
    async def story(hub):
        lost = await hub.join(Filter(), address="x", after=10**9)
        return lost.waiting[0]

    assert with_hub(lake, story).startswith(b"event: resync\n")


def test_too_much_to_say_is_a_resync(lake, monkeypatch):
    monkeypatch.setattr(hubs, "MAX_EVENTS", 1)
    say(lake, 1)
    say(lake, 2, thing="b")

    async def story(hub):
        back = await hub.join(Filter(), address="x", after=0)
        assert back.waiting[0].startswith(b"event: resync\n")
        say(lake, 3)
        say(lake, 4, thing="b")
        await hub.look()
        assert back.waiting[1].startswith(b"event: resync\n")

    with_hub(lake, story)


def test_one_who_does_not_keep_up_loses_its_queue_and_nobody_else_does(lake, monkeypatch):
    monkeypatch.setattr(hubs, "MAX_QUEUED", 3)

    async def story(hub):
        slow = await hub.join(Filter(), address="x", after=None)
        quick = await hub.join(Filter(prefix="probe."), address="x", after=None)
        for number in range(5):
            say(lake, number)
            await hub.look()
            assert b"event: observation" in await quick.hear(1)
        assert slow.waiting[0].startswith(b"event: resync\n")
        assert len(slow.waiting) <= 3

    with_hub(lake, story)


def test_a_quiet_line_is_kept_alive_and_its_bookmark_moves(lake):
    async def story(hub):
        one = await hub.join(Filter(feed="probe.other"), address="x", after=None)
        say(lake, 1)
        await hub.look()
        return await one.hear(0.01)

    said = with_hub(lake, story)
    assert said.startswith(b":")
    assert b"id: 1\n\n" in said


def test_places_are_limited_and_given_back(lake):
    async def story(hub):
        lines = [await hub.join(Filter(), address="x", after=None) for _ in range(2)]
        with pytest.raises(UnableToJoin, match="Your address"):
            await hub.join(Filter(), address="x", after=None)
        await hub.join(Filter(), address="y", after=None)
        with pytest.raises(UnableToJoin, match="Too many people"):
            await hub.join(Filter(), address="z", after=None)
        hub.leave(lines[0])
        await hub.join(Filter(), address="x", after=None)
        assert hub.listeners == 3

    with_hub(lake, story, max_listeners=3, max_per_address=2)


def test_the_lake_is_read_only_while_someone_listens(lake, monkeypatch):
    monkeypatch.setattr(hubs, "EVERY_S", 0.01)
    monkeypatch.setattr(hubs, "LINGER_S", 0.05)

    async def story(hub):
        assert hub.tail is None
        one = await hub.join(Filter(), address="x", after=None)
        await asyncio.sleep(0.1)
        assert not hub.tail.done()
        hub.leave(one)
        await asyncio.wait_for(hub.tail, 5)
        say(lake, 1)
        back = await hub.join(Filter(), address="x", after=0)
        assert heard(back.waiting[0])[0]["value"] == 1.0
        say(lake, 2)
        assert heard(await back.hear(5))
        assert heard(await back.hear(5))[0]["value"] == 2.0

    with_hub(lake, story)


def test_a_database_that_is_away_for_a_moment_ends_no_line(lake, monkeypatch):
    monkeypatch.setattr(hubs, "EVERY_S", 0.01)

    async def story(hub):
        one = await hub.join(Filter(), address="x", after=None)
        real, failures = lake.last_change, []

        def fails():
            if len(failures) < 3:
                failures.append(1)
                raise OSError("away")
            return real()

        monkeypatch.setattr(lake, "last_change", fails)
        say(lake, 1)
        assert heard(await one.hear(5))[0]["value"] == 1.0
        assert len(failures) == 3

    with_hub(lake, story)


def test_a_value_is_written_once_however_many_circles_it_lies_in(lake, monkeypatch):
    written = []
    write = hubs.words.observation
    monkeypatch.setattr(hubs.words, "observation", lambda entry: written.append(1) or write(entry))

    async def story(hub):
        circles = [Filter(near=Point(lon=-1.5, lat=53.8), within_m=100 + n) for n in range(20)]
        lines = [await hub.join(circle, address="x", after=None) for circle in circles]
        for number, thing in enumerate("abcdefghij"):
            say(lake, number, thing=thing)
        await hub.look()
        assert all(len(heard(line.waiting[0])) == 10 for line in lines)

    with_hub(lake, story)
    # Each value once, and the last of each circle once more, with the id.
    assert len(written) == 10 + 20
