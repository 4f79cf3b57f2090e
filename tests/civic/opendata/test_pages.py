"""The pages of open data, and the way from a figure to the bytes it came in."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.civic.opendata.conftest import BODY, HASH, NOW

from moothall.kernel import clock
from moothall.kernel.feeds import runner, tables, trouble
from moothall.kernel.feeds.faults import Fault
from moothall.kernel.feeds.fetching import UnableToFetch
from moothall.kernel.feeds.reading import City
from moothall.kernel.feeds.runner import Surroundings
from moothall.kernel.feeds.runs import Notes, Outcome, Run, new_id, save_run
from moothall.kernel.feeds.trouble import Trouble
from moothall.kernel.registry import house
from moothall.site import discovery
from moothall.values.observations import Issue, Mender
from moothall.values.requests import Request

pytestmark = pytest.mark.django_db


def test_the_catalogue_lists_every_open_dataset_and_no_closed_one(client, probes):
    page = client.get("/data/").content.decode()
    assert 'href="/data/probe.readings/"' in page
    assert 'href="/data/probe.thing/"' in page
    assert "probe.closed" not in page
    assert "probe.person" not in page
    assert page.count("<h1") == 1


def test_a_figure_leads_to_the_very_bytes_it_came_in_and_to_what_they_were_read_as(client, probes):
    page = client.get("/data/series/probe.aire.level_m/").content.decode()
    raw = re.search(r'href="(/data/feeds/probe\.readings/raw/[0-9a-f]{64})"', page)[1]
    answer = client.get(raw)
    assert answer.content == BODY
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    parsed = client.get(f"{raw}.json").json()
    assert parsed["observations"][0]["result"] == 1.25
    assert parsed["issues"][0]["what"] == "has no level"


def test_a_series_is_told_in_words_as_a_line_and_as_a_table(client, probes):
    page = client.get("/data/series/probe.aire.level_m/").content.decode()
    assert "96 readings from" in page
    assert "Lowest 1 m" in page
    assert '<svg class="chart"' in page
    assert page.count('<th scope="row"><time') == 60


def test_a_span_of_a_series_is_half_open(client, probes):
    page = client.get(
        "/data/series/probe.aire.level_m/?from=2026-01-05T11:00:00Z&until=2026-01-05T12:00:00Z"
    ).content.decode()
    assert page.count('<th scope="row"><time') == 4


def test_a_category_has_a_table_and_no_line(client, probes):
    page = client.get("/data/series/probe.aire.state/").content.decode()
    assert '<svg class="chart"' not in page
    assert "=cmd()|&#39;x&#39;!A1" in page


def test_a_dataset_says_what_it_is_and_whether_its_promise_is_kept(client, probes):
    page = client.get("/data/probe.readings/").content.decode()
    assert "The Probe Office" in page
    assert "Open Government Licence 3.0" in page
    assert "new every 15 minutes" in page
    assert 'href="/data/probe.readings.parquet"' in page
    assert 'href="/data/feeds/probe.readings/"' in page


def test_a_kinds_page_shows_unknown_for_what_is_missing_and_escapes_what_is_said(client, probes):
    page = client.get("/data/probe.thing/").content.decode()
    assert "&lt;b&gt;thing&lt;/b&gt;" in page
    assert "<b>thing" not in page
    assert 'href="/data/probe.thing/records/a/1/"' in page or "a%2F1" in page


def test_a_record_shows_each_version_with_its_bytes(client, probes):
    page = client.get("/data/probe.thing/records/a%2F1/").content.decode()
    assert "2 versions" in page
    assert page.count(f'/data/feeds/probe.things/raw/{HASH}"') == 2
    assert "unknown" in page


def test_a_feeds_page_shows_its_raw_bytes(client, probes):
    page = client.get("/data/feeds/probe.readings/").content.decode()
    assert f"/data/feeds/probe.readings/raw/{HASH}" in page
    assert client.get("/data/feeds/").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/data/probe.closed/",
        "/data/probe.person/",
        "/data/probe.closed.csv",
        "/data/probe.person.json",
        "/data/feeds/probe.closed/",
        f"/data/feeds/probe.closed/raw/{HASH}",
        f"/data/feeds/probe.closed/raw/{HASH}.json",
        "/data/series/probe.hidden.level_m/",
        "/data/probe.person/records/p/",
    ],
)
def test_what_a_closed_feed_brings_is_nowhere(client, probes, address):
    answer = client.get(address)
    assert answer.status_code == 404
    assert b"Ann" not in answer.content
    assert b"9.0" not in answer.content


def test_a_name_nobody_has_is_answered_with_those_that_sound_like_it(client, probes):
    answer = client.get("/data/probe.reading/")
    assert answer.status_code == 404
    assert b'href="/data/probe.readings/"' in answer.content
    answer = client.get("/data/series/probe.aire.levl_m/")
    assert answer.status_code == 404
    assert b'href="/data/series/probe.aire.level_m/"' in answer.content


def test_programs_get_the_same_list(client, probes):
    said = client.get("/data.json").json()
    assert said["city"] == "Leeds"
    assert {one["identifier"] for one in said["dataset"]} == {
        "probe.readings",
        "probe.thing",
        "portal.quality",
        "portal.issues",
        "portal.usage",
    }
    assert {one["name"] for one in said["feeds"]} == {"probe.readings", "probe.things"}
    assert all(one["state"] == "waiting" for one in said["feeds"])


def test_programs_are_told_why_a_feed_fails_and_what_the_stores_ail(
    client, probes, settings, tmp_path
):
    settings.STORES = str(tmp_path)

    class Closed:
        def fetch(self, request, **_):
            raise UnableToFetch("not for you", mender=Mender.US, kind=Fault.REFUSED)

        def further(self, feed, *, asked):
            return ()

    asked = replace(
        house.feed("probe.readings"), requests=lambda params: [Request(url="https://a")]
    )
    runner.run(
        asked, params={}, around=Surroundings(fetcher=Closed(), city=City()), clock=clock.now
    )
    said = client.get("/data.json").json()
    told = next(one for one in said["feeds"] if one["name"] == "probe.readings")
    assert (told["state"], told["fault"], told["mender"]) == ("refused", "refused", "us")
    assert told["why"] == "not for you"
    assert said["trouble"] == ""
    trouble.tell(Trouble(kind="full", detail="no room"), clock.now())
    assert "full" in client.get("/data.json").json()["trouble"]


def test_nothing_here_can_be_written(client, probes):
    answer = client.post("/data/")
    assert answer.status_code in {403, 405}


def test_the_list_asks_the_database_no_more_for_more_datasets(client, probes, monkeypatch):
    from moothall.kernel.keeping import kept
    from moothall.kernel.observations import database
    from moothall.kernel.tables import versions

    versions.list_names()  # the first to ask makes the schema
    client.get("/data/")  # and looks into the records, which is done once an hour
    kept.forget()
    asked = []
    execute = database.Cursor.execute
    monkeypatch.setattr(
        database.Cursor,
        "execute",
        lambda self, *a, **k: asked.append(a[0]) or execute(self, *a, **k),
    )
    client.get("/data/")
    assert len(asked) < 12


def test_a_feeds_page_shows_a_few_runs_and_leads_to_the_rest(client, probes):
    with tables.database().transaction() as cursor:
        for minute in range(12):
            at = NOW - timedelta(minutes=minute)
            notes = Notes()
            notes.add([Issue(where=f"item {minute}", what="has no level")])
            run = Run(
                id=new_id(at, after=""),
                feed="probe.readings",
                started_at=at,
                ended_at=at,
                outcome=Outcome.FAILED,
            )
            save_run(cursor, run, notes)

    short = client.get("/data/feeds/probe.readings/").content.decode()
    assert short.count("has no level") == 5
    for part, said in (("runs", ">failed"), ("issues", "has no level")):
        assert f'href="?show={part}"' in short
        whole = client.get(f"/data/feeds/probe.readings/?show={part}").content.decode()
        assert whole.count(said) == 12
        assert whole.count("<table") == 1
    assert 'href="?show=raw"' not in short
    odd = client.get("/data/feeds/probe.readings/?show=odd").content.decode()
    assert odd.count("has no level") == 5


def test_a_datasets_page_says_in_plain_words_what_its_rows_are_and_where_to_look(client, probes):
    html = client.get("/data/probe.readings/").content.decode()
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert "97 rows: what was measured of 2 things (level, level (m))" in text
    assert "They reach from 4 January 2026, 12:15pm to 5 January 2026, 12:00pm." in text
    assert "There are 12 columns. Rows say where they are." in text
    for way in ("table", "chart", "map"):
        assert f'href="/data/probe.readings/{way}/"' in html
    things = client.get("/data/probe.thing/").content.decode()
    assert "2 rows, one for each thing as it stands now" in things
    assert "&lt;b&gt;thing&lt;/b&gt;, +1-2" in things
    assert 'href="/data/probe.thing/table/"' in client.get("/data/").content.decode()


def test_a_dataset_without_rows_has_a_table_of_none(client, lake, in_city):
    in_city("leeds")
    discovery.fill_registry()
    assert client.get("/data/air.daily/table/").status_code == 200
