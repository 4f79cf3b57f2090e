"""A table with an address is fetched by the worker; whatever breaks, what is public stands."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from uuid import uuid4

import pytest

from moothall.civic.opendata.actions import check_tables, describe_table, load_table, publish_table
from moothall.civic.opendata.models import Table
from moothall.civic.opendata.queries import tables
from moothall.kernel.audit.models import Line
from moothall.kernel.feeds.fetching import Answer, UnableToFetch, Validators
from moothall.kernel.tables import versions
from moothall.values.requests import Payload, Request

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
URL = "https://parks.example/trees%202026.csv"
TREES = b"id,species,height_m\n" + b"".join(b"%d,oak,%d.5\n" % (n, n) for n in range(1, 13))
ABOUT = MappingProxyType({
    "title": "Trees", "summary": "Every tree.", "publisher": "Parks", "licence": "OGL-UK-3.0",
    "theme": "ENVI", "contact": "parks@council.example", "keywords": "oak, elm",
    "promise_days": 7,
})  # fmt: skip


@pytest.fixture(autouse=True)
def _stores(lake, settings, tmp_path, in_city):
    in_city("leeds")
    settings.RAW_STORE = str(tmp_path / "raw")


class Web:
    """An address that answers as it is told, with tags."""

    def __init__(self):
        self.body = TREES
        self.asked = []

    def __call__(self, url, *, limit, validators, now):
        self.asked.append(url)
        if isinstance(self.body, Exception):
            raise self.body
        etag = sha256(self.body).hexdigest()
        if validators.etag == etag:
            return Answer(payload=None, validators=validators)
        assert len(self.body) <= limit
        return Answer(
            payload=Payload(body=self.body, request=Request(url=url), fetched_at=now, sha256=etag),
            validators=Validators(etag=etag),
        )


@pytest.fixture
def web():
    return Web()


@pytest.fixture
def check(web):
    """Look what is due, a day later each time; return how the table stands."""
    at = [NOW]

    def once():
        check_tables.check_due(at[0], fetch=web)
        at[0] += timedelta(hours=25)
        return tables.get_table("trees")

    return once


@pytest.fixture
def published(check):
    """A table that was fetched, looked at and published."""
    load_table.add_table_at(
        asked=uuid4(), about=dict(ABOUT), url=URL, every_hours=24, by="person:1", now=NOW
    )
    check()
    digest = tables.get_waiting("trees").version.digest
    publish_table.publish_table(
        slug="trees", digest=digest, meant=False, why="", by="person:1", now=NOW
    )
    return tables.get_table("trees")


def rows():
    return tables.get_published("table.trees").version.rows


def test_the_first_file_waits_for_somebody_to_look_at_it(check, web):
    load_table.add_table_at(
        asked=uuid4(), about=dict(ABOUT), url=URL, every_hours=24, by="person:1", now=NOW
    )
    entry = check()
    assert (entry.state, entry.waits, entry.trouble) == ("draft", True, "")
    assert tables.get_waiting("trees").file.name == "trees 2026.csv"
    assert entry.checked_at == NOW


def test_a_new_file_is_published_by_itself_and_the_same_one_is_no_version(published, check, web):
    assert published.keywords == ("oak", "elm")
    check()
    assert len(versions.list_versions("table.trees")) == 1
    web.body = TREES + b"13,elm,7.0\n"
    check()
    assert rows() == 13
    assert tables.get_published("table.trees").version.number == 2
    # The same rows in other bytes are no version either, and nothing of them waits.
    web.body = web.body.replace(b"\n", b"\r\n")
    assert check().waits is False
    assert len(versions.list_versions("table.trees")) == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (UnableToFetch("https://parks.example/: there is nothing there (404)"), "nothing there"),
        (b"<!doctype html><title>Sorry</title><p>Not today", "page"),
        (b"", "empty"),
        (TREES[: len(TREES) // 4], "loses rows"),
        (TREES.replace(b"species", b"e-mail").replace(b"oak", b"ann@x.example"), "changes columns"),
    ],
)
def test_what_is_broken_is_told_at_the_desk_and_what_is_public_stands(
    published, check, web, body, words
):
    web.body = body
    entry = check()
    assert words in entry.trouble
    assert rows() == 12
    check()
    told = Line.objects.filter(did="table_check_failed").count()
    assert told == 1
    web.body = TREES
    assert check().trouble == ""
    assert rows() == 12


def test_an_address_that_failed_is_asked_again_sooner(published, web):
    web.body = UnableToFetch("away")
    check_tables.check_due(NOW + timedelta(hours=30), fetch=web)
    assert tables.get_table("trees").check_at == NOW + timedelta(hours=31)


def test_a_file_that_somebody_brought_is_not_pushed_aside(published, check, web):
    load_table.load_table(
        slug="trees", body=TREES + b"99,fir,1.0\n", file_name="mine.csv", by="person:1", now=NOW
    )
    web.body = TREES + b"13,elm,7.0\n"
    assert "somebody brought" in check().trouble
    assert tables.get_waiting("trees").file.name == "mine.csv"
    assert rows() == 12


def test_a_withdrawn_table_is_not_asked_for(published, check, web):
    publish_table.withdraw_table(slug="trees", why="It was wrong all along.", by="x", now=NOW)
    asked = len(web.asked)
    check()
    assert len(web.asked) == asked


def test_what_is_said_of_it_may_be_changed_and_the_log_says_what_was_said_before(published):
    about = {**ABOUT, "title": "All trees", "licence": "CC0-1.0", "url": URL, "every_hours": 24}
    describe_table.describe_table(slug="trees", about=about, by="person:2", now=NOW)
    entry = tables.get_published("table.trees")
    assert (entry.title, entry.licence, entry.name) == ("All trees", "CC0-1.0", "table.trees")
    line = Line.objects.get(did="table_described")
    assert (line.by, line.to) == ("person:2", "table:trees")
    assert '"title":"Trees"' in line.detail
    assert "parks@council" not in line.detail
    describe_table.describe_table(slug="trees", about=about, by="person:2", now=NOW)
    assert Line.objects.filter(did="table_described").count() == 1


def test_another_address_is_asked_at_once_and_none_is_asked_no_longer(published, check, web):
    about = {**ABOUT, "url": "https://parks.example/new.csv", "every_hours": 1}
    describe_table.describe_table(slug="trees", about=about, by="person:2", now=NOW)
    check()
    assert web.asked[-1] == "https://parks.example/new.csv"
    describe_table.describe_table(
        slug="trees", about={**ABOUT, "url": "", "every_hours": None}, by="person:2", now=NOW
    )
    asked = len(web.asked)
    check()
    assert len(web.asked) == asked
    assert Table.objects.get().check_at is None
