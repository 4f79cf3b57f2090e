"""Recordings are played through the same runner, their times moved and labelled."""

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.feeds.conftest import BOX, NOW, THING, items, make_feed, parse

from moothall.kernel.feeds import health, moving, replay, runner
from moothall.kernel.feeds.fetching import UnableToFetch, Validators
from moothall.kernel.feeds.reading import City
from moothall.kernel.feeds.runner import Surroundings
from moothall.kernel.feeds.runs import Outcome
from moothall.values.observations import Batch, Observation, Origin
from moothall.values.requests import Request

KEY = "made_up.aire.height_m"
RECORDED = datetime(2025, 2, 6, 16, 20, 55, tzinfo=UTC)


def mapping(time="now", **more):
    rows = {"feed": "made_up.heights", "file": "heights.json"} | more
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in rows.items())
    return f'[[recording]]\n{lines}\nrecorded_at = 2025-02-06T16:20:55Z\ntime = "{time}"\n'


def body(minutes_ago=5):
    at = RECORDED - timedelta(minutes=minutes_ago)
    return json.dumps(
        {
            "items": [{"thing": "aire", "at": at.isoformat(), "value": 0.5}],
            "things": [
                {
                    "id": "t",
                    "seen_at": at.isoformat(),
                    "name": "2025-02-06",
                    "lon": -1.5,
                    "lat": 53.8,
                }
            ],
        }
    ).encode()


@pytest.fixture
def play(house, tmp_path, clock):
    def playing(text, *, feed=None, **files):
        for name, content in files.items():
            (tmp_path / f"{name}.json").write_bytes(content)
        recordings = replay.Recordings(replay.read_mapping(text, root=tmp_path))
        return runner.run(
            feed or make_feed("https://example.org/"),
            params={},
            around=Surroundings(fetcher=recordings, city=City(box=BOX)),
            clock=clock,
        )

    return playing


def test_a_recording_played_now_is_as_old_as_it_was(play, house):
    done = play(mapping(), heights=body())

    assert done.origin is Origin.REPLAYED
    observation = house.find_latest(KEY).observation
    assert observation.at == NOW - timedelta(minutes=5)
    assert observation.origin is Origin.REPLAYED
    record = house.find_record("made_up.thing", "t").record
    assert record.fields["seen_at"] == "2026-01-05T09:25:00Z"
    assert record.fields["name"] == "2025-02-06"
    assert record.from_at == NOW
    assert done.as_of == NOW


def test_it_moves_on_with_the_clock_though_its_bytes_are_the_same(play, house, clock):
    play(mapping(), heights=body())
    clock.now += timedelta(minutes=15)
    done = play(mapping(), heights=body())

    assert done.outcome is Outcome.GOOD
    assert house.find_latest(KEY).observation.at == clock.now - timedelta(minutes=5)


def test_a_recording_played_as_recorded_keeps_its_times_and_its_label(play, house):
    done = play(mapping("as-recorded"), heights=body())
    again = play(mapping("as-recorded"), heights=body())

    observation = house.find_latest(KEY).observation
    assert (observation.at, observation.origin) == (
        RECORDED - timedelta(minutes=5),
        Origin.REPLAYED,
    )
    assert (done.outcome, again.outcome) == (Outcome.GOOD, Outcome.UNCHANGED)


def test_a_week_plays_forward_and_what_lies_ahead_is_held_back(play, house, clock):
    week = {
        "items": [
            {
                "thing": "aire",
                "at": (RECORDED - timedelta(days=7) + timedelta(hours=hour)).isoformat(),
                "value": hour,
            }
            for hour in range(24 * 7)
        ]
    }
    play(mapping("week"), heights=json.dumps(week).encode())
    first = house.find_latest(KEY).observation
    clock.now += timedelta(hours=3)
    play(mapping("week"), heights=json.dumps(week).encode())
    later = house.find_latest(KEY).observation

    assert NOW - timedelta(hours=1) < first.at <= NOW
    assert later.at == first.at + timedelta(hours=3)
    assert later.result == first.result + 3
    assert (first.at - RECORDED) % timedelta(hours=1) == timedelta(0)


@given(st.timedeltas(timedelta(days=-3000), timedelta(days=3000)))
def test_whole_weeks_bring_a_recording_up_to_now_and_no_further_than_they_must(since):
    now = RECORDED + since
    [recording] = replay.read_mapping(mapping("week"), root=replay.Path("/"))
    shift = recording.shift(now)

    assert shift % timedelta(days=7) == timedelta(0)
    assert now <= RECORDED + shift < now + timedelta(days=7)


def test_recordings_are_chosen_by_role_and_address(play, house):
    text = mapping(role="a") + mapping(role="b", url="/two", file="second.json")
    feed = make_feed(
        "",
        requests=lambda params: [
            Request(url="https://example.org/one", role="a"),
            Request(url="https://example.org/two", role="b"),
        ],
    )
    done = play(text, feed=feed, heights=body(), second=items(7.0, thing="ouse"))

    assert done.observations == 2


def test_recordings_nobody_asks_for_are_played_too(play):
    """A feed that files are brought for asks for nothing."""
    done = play(
        mapping(role="whole"), feed=make_feed("", requests=lambda params: []), heights=body()
    )

    assert done.observations == 1


def test_a_feed_without_a_recording_says_so_and_the_network_is_never_asked(play):
    done = play("", heights=body())

    assert done.outcome is Outcome.FAILED
    assert done.words == "there is no recording of it to play: add one to the pack's replay.toml"
    assert health.list_issues(done.feed)[0].mender == "us"


def test_a_recording_that_is_not_there_is_told_by_name(play):
    done = play(mapping(file="gone.json"))

    assert "gone.json cannot be read: No such file" in done.words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"file": "../secret.json"}, "leads out of the folder"),
        ({"file": "/etc/passwd"}, "leads out of the folder"),
    ],
)
def test_a_mapping_cannot_lead_out_of_its_folder(tmp_path, change, words):
    with pytest.raises(ValueError, match=words):
        replay.read_mapping(mapping(**change), root=tmp_path)


def test_nor_can_a_link(tmp_path):
    (tmp_path / "heights.json").symlink_to("/etc/passwd")
    with pytest.raises(ValueError, match="leads out"):
        replay.read_mapping(mapping(), root=tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[recording]]\nfeed = 'a.b'", "recording 1: file is missing"),
        (mapping().replace('"now"', '"sometimes"'), "sometimes"),
        (mapping().replace("20:55Z", "20:55"), "ending in Z"),
        ("recording = 1", "two brackets"),
        ("[[recording", r"replay.toml"),
    ],
)
def test_a_mapping_that_cannot_be_read_says_where(tmp_path, text, words):
    with pytest.raises(ValueError, match=words):
        replay.read_mapping(text, root=tmp_path)


def test_a_recording_larger_than_the_feed_may_have_is_refused(tmp_path):
    (tmp_path / "heights.json").write_bytes(bytes(100))
    recordings = replay.Recordings(replay.read_mapping(mapping(), root=tmp_path))

    with pytest.raises(UnableToFetch, match="larger"):
        recordings.fetch(
            Request(url="x:"), feed=make_feed("", max_bytes=99), validators=Validators(), now=NOW
        )


def test_columns_are_moved_and_labelled_like_rows():
    at = pa.array([RECORDED, RECORDED + timedelta(days=9)], pa.timestamp("us", tz="UTC"))
    table = pa.table({"series": [KEY, KEY], "at": at, "value": [1.0, 2.0]})
    shift = NOW - RECORDED

    moved = moving.move(
        Batch(table=table), origin=Origin.REPLAYED, shift=shift, hold_future=True, now=NOW
    ).table

    assert moved.column("at").to_pylist() == [NOW]
    assert moved.column("origin").to_pylist() == [int(Origin.REPLAYED)]


@given(st.timedeltas(timedelta(days=-3000), timedelta(days=3000)))
def test_moving_keeps_what_is_between_two_times(shift):
    first, second = (
        Observation(series=KEY, at=RECORDED + timedelta(hours=n), result=float(n)) for n in range(2)
    )
    moved = moving.move(
        Batch(observations=(first, second)),
        origin=Origin.REPLAYED,
        shift=shift,
        kinds=(THING,),
        now=NOW,
    )

    assert moved.observations[1].at - moved.observations[0].at == timedelta(hours=1)
    assert moved.observations[0].at - first.at == shift


def test_what_is_live_is_left_as_it_is():
    batch = Batch(as_of=NOW)

    assert moving.move(batch, origin=Origin.LIVE, now=NOW) is batch


def test_the_parser_sees_the_day_of_the_recording(play):
    seen = []

    def looks(payload, params):
        seen.append((payload.fetched_at, params["now"]))
        return parse(payload, params)

    play(mapping(), feed=make_feed("https://example.org/", parse=looks), heights=body())

    assert seen == [(RECORDED, RECORDED)]
    assert health.list_raw("made_up.heights")[0].origin is Origin.REPLAYED
