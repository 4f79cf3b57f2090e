"""One run of one feed, from asking to what is stored."""

import gc
import json
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.kernel.feeds.conftest import BOX, NOW, items, make_feed, simulate

from moothall.kernel.feeds import (
    corrections,
    health,
    leases,
    payloads,
    raw,
    runner,
    runs,
    standings,
    tables,
)
from moothall.kernel.feeds.reading import City
from moothall.kernel.feeds.runs import Outcome
from moothall.kernel.feeds.schedule import LEASE
from moothall.kernel.observations.lake import UnableToAppend
from moothall.values.issues import Issues
from moothall.values.observations import Batch, Origin
from moothall.values.requests import Request

KEY = "made_up.aire.height_m"


def run(feed, around, clock, **more):
    return runner.run(feed, params={}, around=around, clock=clock, **more)


def latest(lake, key=KEY):
    found = lake.find_latest(key)
    return found and found.observation.result


def test_a_reading_goes_from_the_source_to_the_lake_and_leads_back_to_its_bytes(
    source, house, around, clock
):
    source.says(items(0.5, 0.6), Content_Type="application/json")

    done = run(make_feed(source.url), around, clock)

    assert (done.outcome, done.observations, done.issues) == (Outcome.GOOD, 2, 0)
    found = house.find_latest(KEY)
    assert found.observation.result == 0.6
    assert raw.open_raw(found.raw) == items(0.5, 0.6)
    assert [entry.media_type for entry in health.list_raw("made_up.heights")] == [
        "application/json"
    ]


def test_the_same_bytes_again_are_a_cheap_run_that_stores_nothing(source, house, around, clock):
    read = []
    feed = make_feed(source.url)

    def counting(payload, params):
        read.append(payload)
        return feed.parse(payload, params)

    source.says(items(0.5))
    run(replace(feed, parse=counting), around, clock)
    clock.now += timedelta(minutes=15)
    done = run(replace(feed, parse=counting), around, clock)

    assert (done.outcome, done.observations, len(read)) == (Outcome.UNCHANGED, 0, 1)
    assert len(health.list_runs(feed.name)) == 2
    assert len(health.list_raw(feed.name)) == 1


def test_an_unchanged_source_is_asked_with_what_it_gave(source, house, around, clock):
    source.says(items(0.5), ETag='"one"')
    run(make_feed(source.url), around, clock)
    source.says(b"", status=304)
    done = run(make_feed(source.url), around, clock)

    assert source.asked[1]["If-None-Match"] == '"one"'
    assert done.outcome is Outcome.UNCHANGED
    assert standings.list_standings()["made_up.heights"].last_data_at == NOW


def test_bytes_that_come_back_after_others_are_read_again(source, house, around, clock):
    feed = make_feed(source.url)
    for body in (items(0.5), items(0.6), items(0.5)):
        source.says(body)
        run(feed, around, clock)
        clock.now += timedelta(minutes=15)

    assert latest(house) == 0.5
    assert len(health.list_raw(feed.name)) == 3


def test_new_parameters_read_the_same_bytes_anew(source, house, around, clock):
    source.says(items(0.5), ETag='"one"')
    feed = make_feed(source.url)
    runner.run(feed, params={"gauge": []}, around=around, clock=clock)
    done = runner.run(feed, params={"gauge": ["new"]}, around=around, clock=clock)

    assert "If-None-Match" not in source.asked[1]
    assert done.outcome is Outcome.GOOD


def test_one_bad_item_is_an_issue_with_the_item_and_the_rest_is_kept(source, house, around, clock):
    body = json.loads(items(0.5, 0.6))
    body["items"][0]["value"] = "wet"
    source.says(json.dumps(body).encode())

    done = run(make_feed(source.url), around, clock)

    assert (done.observations, done.issues) == (1, 1)
    [issue] = health.list_issues("made_up.heights")
    assert issue.where == "items[0]"
    assert "wet" in issue.item
    assert raw.open_raw(issue.raw)


def test_a_payload_that_cannot_be_read_fails_the_run_and_is_kept(source, house, around, clock):
    source.says(b"<html>Sorry, we are closed</html>", ETag='"sorry"')

    done = run(make_feed(source.url), around, clock)

    assert done.outcome is Outcome.FAILED
    assert "could not be read" in done.words
    [issue] = health.list_issues("made_up.heights")
    assert issue.mender == "publisher"
    assert "we are closed" in issue.item
    assert raw.open_raw(issue.raw).startswith(b"<html>")
    # Nor is it taken for "unchanged" the next time.
    run(make_feed(source.url), around, clock)
    assert "If-None-Match" not in source.asked[1]


def test_a_parser_of_ours_that_breaks_is_our_issue_and_other_feeds_go_on(
    source, house, around, clock
):
    def breaks(payload, params):
        raise ZeroDivisionError("oh")

    source.says(items(0.5))
    done = run(make_feed(source.url, name="made_up.broken", parse=breaks), around, clock)
    fine = run(make_feed(source.url), around, clock)

    assert done.outcome is Outcome.FAILED
    assert [issue.mender for issue in health.list_issues("made_up.broken")] == ["us"]
    assert fine.outcome is Outcome.GOOD


def test_a_feed_whose_parameters_are_missing_says_so(source, house, around, clock):
    feed = make_feed("", requests=lambda params: [Request(url=params["address"])])

    done = run(feed, around, clock)

    assert done.outcome is Outcome.FAILED
    assert "address" in done.words


def test_one_address_of_two_that_fails_leaves_the_other(source, house, around, clock):
    def answer(handler):
        ok = handler.path == "/good"
        source.says(items(0.5) if ok else b"", status=200 if ok else 404)
        source.answer(handler)
        source.answer = answer

    source.answer = answer
    feed = make_feed(
        "", requests=lambda params: [Request(url=f"{source.url}/{n}") for n in ("bad", "good")]
    )

    done = run(feed, around, clock)

    assert (done.outcome, done.observations) == (Outcome.PARTIAL, 1)
    assert "404" in done.words


def test_a_payload_may_lead_on_but_only_within_its_own_host(source, house, around, clock):
    first = json.loads(items(0.5))
    first["next"] = [f"{source.url}/two", "http://other.test/three", f"{source.url}/{{env:HOME}}"]

    def answer(handler):
        two = handler.path == "/two"
        source.says(items(0.7, thing="ouse") if two else json.dumps(first).encode())
        source.answer(handler)
        source.answer = answer

    source.answer = answer
    feed = make_feed(f"{source.url}/one")
    done = run(feed, around, clock)

    assert source.paths == ["/one", "/two"]
    assert done.observations == 2
    assert [issue.what for issue in health.list_issues(feed.name)] == [
        "it leads on to other.test, a host this feed does not name: add it to follow_hosts"
        " in the city's pack if it is to be trusted",
        "it asks for a key this feed does not use",
    ]
    # What leads on is read each time, or an unchanged beginning would hide a changed end.
    run(feed, around, clock)
    assert source.paths[2:] == ["/one", "/two"]


def test_a_payload_that_leads_on_for_ever_is_stopped(source, house, around, clock):
    def answer(handler):
        page = json.loads(items(0.5))
        page["next"] = [f"{source.url}/{len(source.paths)}"]
        page["number"] = len(source.paths)
        source.says(json.dumps(page).encode())
        source.answer(handler)
        source.answer = answer

    source.answer = answer

    run(make_feed(source.url), around, clock)

    assert len(source.paths) == 31
    assert "too many times" in health.list_issues("made_up.heights")[0].what


def test_what_lies_outside_the_city_is_an_issue_and_is_dropped(source, house, around, clock):
    body = {
        "items": [
            {"thing": "aire", "at": "2026-01-05T09:00:00Z", "value": 1, "lon": -1.5, "lat": 53.8},
            {"thing": "soar", "at": "2026-01-05T09:00:00Z", "value": 1, "lon": -1.1, "lat": 52.6},
        ],
        "things": [
            {"id": "in", "lon": -1.5, "lat": 53.8},
            {"id": "swapped", "lon": 53.8, "lat": -1.5},
        ],
    }
    source.says(json.dumps(body).encode())

    done = run(make_feed(source.url), around, clock)

    assert latest(house, "made_up.soar.height_m") is None
    assert [entry.record.id for entry in house.list_records("made_up.thing")] == ["in"]
    assert done.issues == 2
    elsewhere = run(make_feed(source.url, anywhere=True), around, clock, anew=True)
    assert elsewhere.issues == 0
    assert len(house.list_records("made_up.thing")) == 2


def test_a_correction_is_applied_and_told(source, house, around, clock):
    rows = [
        {
            "feed": "made_up.heights",
            "item": KEY,
            "field": "result",
            "was": "-99",
            "becomes": "",
            "why": "its mark for broken",
            "who": "A. Officer",
            "when": "2026-01-02",
        }
    ]
    source.says(items(0.5, -99))
    corrected = replace(around, city=City(box=BOX, corrections=corrections.read(rows)))

    done = run(make_feed(source.url), corrected, clock)

    assert done.observations == 1
    assert done.corrected == (f"{KEY} result: '-99' became ''",)
    assert health.list_runs("made_up.heights")[0].corrected == done.corrected


def test_a_stand_in_speaks_only_for_a_source_that_never_spoke(source, house, around, clock):
    feed = make_feed(source.url, simulate=simulate)
    demo = replace(around, may_simulate=True)
    source.says(b"", status=404)

    assert run(feed, around, clock).origin is Origin.LIVE
    first = run(feed, demo, clock)
    assert (first.outcome, first.origin) == (Outcome.GOOD, Origin.SIMULATED)
    assert house.find_latest(KEY).observation.origin is Origin.SIMULATED
    assert health.list_runs(feed.name)[0].words.endswith(
        "there is nothing at that address (404): it may have moved"
    )

    source.says(items(0.5))
    clock.now += timedelta(minutes=15)
    assert run(feed, demo, clock).origin is Origin.LIVE
    assert house.find_latest(KEY).observation.origin is Origin.LIVE
    source.says(b"", status=404)
    clock.now += timedelta(minutes=15)
    assert run(feed, demo, clock).outcome is Outcome.FAILED


def test_a_feed_that_fails_is_left_in_peace_and_then_probed(source, house, around, clock):
    source.says(b"", status=404)
    feed = make_feed(source.url)
    for _ in range(5):
        run(feed, around, clock)
        clock.now += timedelta(minutes=15)

    standing = standings.list_standings()[feed.name]
    assert standing.failures == 5
    assert standing.paused_until > NOW + timedelta(minutes=60)
    source.says(items(0.5))
    run(feed, around, clock)
    assert standings.list_standings()[feed.name].paused_until is None


def test_a_wait_the_source_asks_for_is_kept_to(source, house, around, clock):
    source.says(b"", status=429, Retry_After="7200")
    run(make_feed(source.url), around, clock)

    assert standings.list_standings()["made_up.heights"].next_run_at >= NOW + timedelta(hours=2)


def test_two_workers_never_run_one_feed_at_once(source, house, around, clock):
    entered, leave = threading.Event(), threading.Event()

    def slow(handler):
        entered.set()
        leave.wait(5)
        source.says(items(0.5))
        source.answer(handler)

    source.answer = slow
    feed = make_feed(source.url)
    first = []
    thread = threading.Thread(target=lambda: first.append(run(feed, around, clock)))
    thread.start()
    entered.wait(5)
    second = run(feed, around, clock)
    leave.set()
    thread.join()

    assert second is None
    assert first[0].outcome is Outcome.GOOD
    assert len(source.paths) == 1


def test_a_worker_that_was_away_too_long_stores_nothing(source, house, around, clock, monkeypatch):
    """Its lease ran out and another took over: what it brings late is not stored twice."""
    feed = make_feed(source.url)

    def slow(handler):
        clock.now += LEASE + timedelta(seconds=1)
        assert leases.take_lease(feed.name, by="other:1", now=clock.now)
        source.says(items(0.5))
        source.answer(handler)

    source.answer = slow

    assert run(feed, around, clock) is None
    assert latest(house) is None
    assert health.list_runs(feed.name) == ()


def test_what_a_dead_worker_held_is_let_go(house, clock):
    host = leases.holder().split(":")[0]
    assert leases.take_lease("made_up.heights", by=f"{host}:999999999:beef", now=clock())
    assert leases.take_lease("made_up.other", by="elsewhere:1", now=clock())

    leases.drop_dead_leases()

    assert leases.take_lease("made_up.heights", by="me", now=clock())
    assert leases.take_lease("made_up.other", by="me", now=clock()) is None


@pytest.mark.parametrize(
    ("room", "broken"),
    [
        (runs, "save_run"),
        (standings, "save_standing"),
        (payloads, "save_raw"),
        (payloads, "save_address"),
    ],
)
def test_facts_and_the_run_that_brought_them_are_stored_together_or_not_at_all(  # noqa: PLR0917
    source, house, around, clock, monkeypatch, room, broken
):
    """Whatever breaks between the first and the last row, nothing is left half done."""
    source.says(items(0.5))
    real, broke = getattr(room, broken), []

    def breaks_once(*args, **more):
        if broke:
            return real(*args, **more)
        broke.append(True)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(room, broken, breaks_once)

    done = run(make_feed(source.url), around, clock)

    assert done.outcome is Outcome.FAILED
    assert "Input/output error" in done.words
    assert latest(house) is None
    assert health.list_raw("made_up.heights") == ()
    # and the next run brings it all
    assert run(make_feed(source.url), around, clock).observations == 1


def test_a_lake_that_cannot_append_fails_the_run_and_stores_nothing(
    source, house, around, clock, monkeypatch
):
    source.says(items(0.5))

    def full(*args, **more):
        raise UnableToAppend("The lake could not keep a batch: disk full")

    monkeypatch.setattr(type(house), "append", full)

    done = run(make_feed(source.url), around, clock)

    assert done.outcome is Outcome.FAILED
    assert "disk full" in done.words


def test_no_issue_can_fill_the_database(source, house, around, clock):
    body = {"items": [{"thing": "\0" * 5000 + "\ud800"} for _ in range(500)]}
    source.says(json.dumps(body).encode())

    done = run(make_feed(source.url), around, clock)

    assert done.issues == 500
    kept = health.list_issues("made_up.heights", limit=1000)
    assert len(kept) == runs.MOST_ISSUES
    assert max(len(issue.item) for issue in kept) <= runs.LONGEST_ITEM


def test_a_clock_that_is_a_century_ahead_does_not_become_the_latest_for_ever(
    source, house, around, clock
):
    body = json.loads(items(0.5))
    body["items"].append({"thing": "aire", "at": "2126-01-05T09:00:00Z", "value": 9})
    source.says(json.dumps(body).encode())

    run(make_feed(source.url), around, clock)

    assert latest(house) == 0.5
    assert health.list_issues("made_up.heights")[0].what == "measured in the future"


def test_late_and_unordered_readings_leave_the_newest_as_latest(source, house, around, clock):
    feed = make_feed(source.url)
    for body in (items(0.1, 0.2, 0.3), items(0.1, 0.25)):
        source.says(body)
        run(feed, around, clock)

    assert latest(house) == 0.3


def test_raw_bytes_are_let_go_after_their_time_but_never_the_newest(
    source, house, around, clock, monkeypatch
):
    feed = make_feed(source.url, keep_raw=timedelta(days=1))
    hashes = []
    for value in (0.1, 0.2):
        source.says(items(value))
        run(feed, around, clock)
        hashes.append(health.list_raw(feed.name)[0].sha256)
        clock.now += timedelta(hours=1)

    class Registry:
        def feeds(self):
            return (feed,)

    assert raw.sweep(Registry(), NOW + timedelta(days=40_000)) == 1
    assert raw.open_raw(hashes[1]) == items(0.2)
    with pytest.raises(raw.UnableToOpenRaw, match="no longer kept"):
        raw.open_raw(hashes[0])
    assert [entry.stored for entry in health.list_raw(feed.name)] == [True, False]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "ab/../../x", "g" * 64])
def test_raw_bytes_are_found_by_their_hash_and_nothing_else(house, name):
    with pytest.raises(raw.UnableToOpenRaw):
        raw.open_raw(name)


def test_a_feed_may_keep_no_raw_bytes_at_all(source, house, around, clock):
    source.says(items(0.5))
    feed = make_feed(source.url, keep_raw=timedelta(0))
    run(feed, around, clock)

    [entry] = health.list_raw(feed.name)
    assert not entry.stored
    with pytest.raises(raw.UnableToOpenRaw):
        raw.open_raw(entry.sha256)


def test_old_runs_and_issues_go_but_the_last_run_stays(source, house, around, clock):
    source.says(b"[]")
    run(make_feed(source.url), around, clock)
    clock.now += timedelta(days=1)
    run(make_feed(source.url), around, clock)

    health.sweep(NOW + timedelta(days=365))

    assert len(health.list_runs("made_up.heights")) == 1
    assert health.list_issues("made_up.heights") == ()


def test_keys_in_an_address_are_never_written_down(source, house, around, clock):
    source.says(b"not json")
    run(make_feed(f"{source.url}/x?key={{env:THE_KEY}}&a=b"), around, clock)

    with tables.database().reading() as cursor:
        kept = str(
            [
                cursor.execute(f"SELECT * FROM {table}").fetchall()
                for table in ("feed_raw", "feed_run", "feed_issue", "feed_address")
            ]
        )
    assert "opensesame" not in kept
    assert "key=" not in kept


def test_a_list_in_doubt_is_asked_for_again_and_believed_though_its_bytes_are_the_same(
    source, house, around, clock
):
    def things(count):
        each = [
            {"id": f"t{n}", "name": f"Thing {n}", "lon": -1.5, "lat": 53.8} for n in range(count)
        ]
        return json.dumps({"items": [], "things": each}).encode()

    def parse_in_full(payload, params):
        return replace(feed.parse(payload, params), complete=frozenset({"made_up.thing"}))

    feed = make_feed(source.url)
    whole = replace(feed, parse=parse_in_full)
    source.says(things(40))
    run(whole, around, clock)

    source.says(things(10), ETag='"short"')
    there = []
    for _ in range(3):
        clock.now += timedelta(minutes=15)
        done = run(whole, around, clock)
        there.append((done.outcome, done.issues, len(house.list_records("made_up.thing"))))

    assert there == [(Outcome.GOOD, 1, 40), (Outcome.GOOD, 0, 10), (Outcome.UNCHANGED, 0, 10)]


def test_of_a_payload_with_nothing_good_all_faults_are_counted_and_few_are_kept(
    source, house, around, clock
):
    def parse_nothing(payload, params):
        issues = Issues()
        for number in range(50_000):
            issues.note(f"row {number}", "not a number")
        return Batch(issues=tuple(issues))

    source.says(items(0.5))
    done = run(replace(make_feed(source.url), parse=parse_nothing), around, clock)

    assert done.issues == 50_000
    assert len(health.list_issues("made_up.heights")) == runs.MOST_ISSUES


def test_garbage_waits_until_a_payload_is_read_and_no_longer(source, house, around, clock):
    seen = []

    def parse_watched(payload, params):
        seen.append(gc.isenabled())
        if payload.body == b"broken":
            raise ValueError("not what was promised")
        return Batch()

    for body in (items(0.5), b"broken"):
        source.says(body)
        run(replace(make_feed(source.url), parse=parse_watched), around, clock)
        seen.append(gc.isenabled())

    assert seen == [False, True, False, True]
