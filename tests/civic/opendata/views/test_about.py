"""What a dataset's page tells besides its rows: its score, its use, its citation, its schema."""

import csv
import io
import re
from datetime import timedelta

import pytest
from tests.civic.opendata.conftest import NOW

from moothall.civic.opendata.models import Fetched
from moothall.civic.opendata.queries import datasets, lineage, usage
from moothall.civic.opendata.rules.quality import band
from moothall.kernel.feeds import days, tables
from moothall.kernel.observations.entries import micros

pytestmark = pytest.mark.django_db


def rows(client, name):
    """The rows of a dataset, as anybody gets them."""
    return list(csv.DictReader(io.StringIO(client.get(f"/data/{name}.csv").getvalue().decode())))


@pytest.fixture
def ran(probes):
    """Two days of runs: on the first the source answered, on the second twice, three hours apart;
    then it failed, with an issue that the first run had too."""
    hours = (("good", 26), ("good", 5), ("good", 2), ("failed", 1))
    with tables.database().transaction() as cursor:
        for number, (outcome, ago) in enumerate(hours):
            at = micros(NOW - timedelta(hours=ago))
            cursor.execute(
                "INSERT INTO feed_run (id, feed, started_at, ended_at, outcome, words, origin,"
                " observations, records, duplicates, unchanged, issues, bytes, as_of, corrected)"
                " VALUES (?, 'probe.readings', ?, ?, ?, '', 0, 96, 0, 0, 0, 1, 9, NULL, '[]')",
                (f"r{number}", at, at, outcome),
            )
            if number in (0, 3):
                cursor.execute(
                    "INSERT INTO feed_issue VALUES (?, 0, 'probe.readings', ?, 'item 2',"
                    " 'has no level', 'error', 'publisher', '', '')",
                    (f"r{number}", at),
                )
        cursor.execute(
            "INSERT INTO feed_standing (feed, next_run_at, failures, paused_until, last_run_at,"
            " last_good_at, last_data_at, recipe, lease_by, lease_until, last_run) VALUES"
            " ('probe.readings', NULL, 0, NULL, NULL, NULL, ?, '', '', 0, 'r3')",
            (micros(NOW - timedelta(hours=2)),),
        )
    return probes


def test_a_page_says_how_good_a_dataset_is_and_what_would_mend_it(client, ran):
    page = client.get("/data/probe.readings/").content.decode()
    assert "of 100 points" in page
    assert "4 of the 5 stars" in page
    assert "1 fault in 97 rows." in page
    assert "No column holds codes of a public register." in page
    assert 'href="/data/probe.readings/cite/"' in page


def test_quality_is_a_dataset_whose_rows_add_up_to_each_score(client, ran):
    told = rows(client, "portal.quality")
    by_dataset = {}
    for row in told:
        by_dataset.setdefault(row["dataset"], []).append(row)
    assert set(by_dataset) >= {"probe.readings", "probe.thing", "portal.quality"}
    assert "probe.closed" not in by_dataset
    for parts in by_dataset.values():
        assert {int(part["score"]) for part in parts} == {
            100 - sum(int(part["lost"]) for part in parts)
        }
        assert sum(int(part["points"]) for part in parts) == 100
        assert all(part["reason"] and part["mender"] for part in parts if int(part["lost"]))
    page = client.get("/data/portal.quality/").content.decode()
    assert f"{len(told):,}" in page


def test_issues_are_a_dataset_that_says_since_when_and_whose(client, ran):
    [row] = rows(client, "portal.issues")
    assert (row["dataset"], row["source"], row["where"]) == ("probe.readings", "feed", "item 2")
    assert (row["what"], row["severity"], row["mender"]) == ("has no level", "error", "publisher")
    assert row["first_at"] == "2026-01-04T10:00:00Z"
    assert row["last_at"] == "2026-01-05T11:00:00Z"


def test_a_promise_is_told_day_by_day(client, ran):
    second, first = days.list_days("probe.readings", from_at=NOW - timedelta(days=30))
    assert (second.runs, second.good, second.longest_wait) == (3, 2, timedelta(hours=21))
    assert (first.runs, first.good, first.longest_wait) == (1, 1, timedelta())
    told = lineage.list_promises(datasets.get_dataset("probe.readings", NOW), NOW)
    assert [(one.from_on.day, one.kept) for one in told] == [(5, False), (4, True)]


def test_downloads_are_counted_by_day_and_form_and_few_are_not_told(client, probes):
    for _ in range(usage.FEW):
        client.get("/data/probe.thing.csv").getvalue()
    client.get("/data/probe.thing.json").getvalue()
    client.head("/data/probe.thing.csv")
    client.get("/data/probe.nothing.csv")
    assert set(Fetched.objects.values_list("dataset", "form", "count")) == {
        ("probe.thing", "csv", 5),
        ("probe.thing", "json", 1),
    }
    told = {(row["form"], row["downloads"]) for row in rows(client, "portal.usage")}
    assert told == {("csv", "5"), ("json", "")}
    assert {field.name for field in Fetched._meta.fields} == {
        "id",
        "dataset",
        "form",
        "day",
        "count",
    }
    page = client.get("/data/probe.thing/").content.decode()
    assert "Downloaded 5 times" in page


def test_a_dataset_is_cited_by_publisher_day_and_address(client, probes):
    page = client.get("/data/probe.readings/cite/").content.decode()
    assert "The Probe Office (2026). Readings of probe.readings [Dataset]." in page
    assert "http://testserver/data/probe.readings/" in page
    file = client.get("/data/probe.readings.bib").content.decode()
    assert file.startswith("@misc{probe-readings-2026,")
    assert r"\url{http://testserver/data/probe.readings/}" in file


def test_datasets_are_found_by_quality_and_in_the_order_of_it(client, ran):
    page = client.get("/data/?sort=quality").content.decode()
    points = [int(text) for text in re.findall(r'/#quality">(\d+)<', page)]
    assert len(points) == 5
    assert points == sorted(points, reverse=True)
    best = points[0] // 10 * 10
    assert f'href="/data/?quality={band(best)}&amp;sort=quality"' in page
