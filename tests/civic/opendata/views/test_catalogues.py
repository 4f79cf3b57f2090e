"""Catalogues we follow: what they list is found here, and said to be theirs."""

import csv
import io
import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.test import Client

from moothall.civic.opendata.feeds.harvest import KIND, record_id
from moothall.civic.opendata.models import Catalogue
from moothall.civic.opendata.queries import harvested
from moothall.kernel import clock
from moothall.kernel.audit.models import Line
from moothall.kernel.feeds import duty, runner, standings
from moothall.kernel.feeds.fetching import Answer, UnableToFetch
from moothall.kernel.feeds.reading import City
from moothall.kernel.feeds.runner import Surroundings
from moothall.kernel.keeping import kept
from moothall.kernel.registry import house
from moothall.standards.catalogues import reading
from moothall.values.requests import Payload

pytestmark = pytest.mark.django_db

NOW = clock.now()
NORTH = (Path(__file__).parents[1] / "feeds" / "harvest.json").read_bytes()
FORM = {"name": "The North", "url": "https://north.example/list.json", "form": "", "every": "24"}


@pytest.fixture(autouse=True)
def _stores(lake, settings, tmp_path, in_city):
    in_city("leeds")
    settings.RAW_STORE = str(tmp_path / "raw")
    settings.LIMITS_ON = False
    yield
    house.added = {}


class Web:
    """What stands at each address; nothing else can be had."""

    def __init__(self, **pages):
        self.pages = pages

    def fetch(self, request, *, feed, validators, now):
        body = self.pages.get(feed.name.partition(".")[2])
        if body is None:
            raise UnableToFetch("there is nothing there")
        return Answer(
            payload=Payload(
                body=body, request=request, fetched_at=now, sha256=sha256(body).hexdigest()
            )
        )

    def further(self, feed, *, asked):
        return ()


@pytest.fixture
def ask():
    """Have a worker ask a catalogue, an hour later each time."""
    at = [NOW]

    def once(source, body):
        house.renew()
        feed = house.feed(f"opendata.{source}")
        around = Surroundings(fetcher=Web(**{source: body}), city=City())
        params = duty.from_settings().params(feed)
        run = runner.run(feed, params=params, around=around, clock=lambda: at[0])
        at[0] += timedelta(hours=1)
        kept.forget()
        return run

    return once


def listed():
    """The names of what is listed beside our own."""
    return [one.title for one in harvested.list_harvested(NOW)]


def without(*titles):
    """The list of the North without some of it."""
    return json.dumps([one for one in json.loads(NORTH) if one["title"] not in titles]).encode()


def page(address, **more):
    """A page as anybody sees it."""
    answer = Client().get(address, **more)
    assert answer.status_code == 200, address
    return answer.content.decode()


def address_of(identifier, catalogue="Data Mill North"):
    return f"/data/harvested.{record_id(catalogue, identifier)}/"


def test_what_a_catalogue_lists_is_found_and_its_page_says_who_holds_it(ask):
    assert ask("data_mill_north", NORTH).records == 3
    found = page("/data/?q=spending")
    assert address_of("2gpp0") in found
    assert "held elsewhere" in found
    assert address_of("2gpp0") in page("/data/?catalogue=data_mill_north")
    assert address_of("2gpp0") in page("/data/?format=pdf")
    assert address_of("2gpp0") in page("/search/?q=council+spending")
    shown = page(address_of("2gpp0"))
    assert "Held by Corporate Finance, listed here." in shown
    assert 'href="https://north.example/d/spending_2026_06.csv"' in shown
    assert "Open Government Licence 3.0" in shown
    assert "6,154,904" in shown
    assert "not said: ask before you use it" in page(address_of("2zlpq"))


def test_the_same_list_again_is_no_change_and_what_it_drops_is_gone(ask):
    ask("data_mill_north", NORTH)
    again = ask("data_mill_north", json.dumps(json.loads(NORTH)).encode())
    assert (again.records, again.unchanged) == (0, 3)
    ask("data_mill_north", without("Health and Wellbeing"))
    assert listed() == ["Council spending", "Tree Preservation Orders"]
    assert Client().get(address_of("2zlpq")).status_code == 404
    ask("data_mill_north", NORTH)
    assert len(listed()) == 3


def test_a_list_that_cannot_be_read_or_is_empty_takes_nothing_away(ask):
    ask("data_mill_north", NORTH)
    for body in (b"<!doctype html><title>Sorry</title>", b"[]", None):
        ask("data_mill_north", body)
        assert len(listed()) == 3


def test_a_dataset_that_cannot_be_listed_is_told_of_and_the_others_are(ask):
    spoilt = [*json.loads(NORTH), 7, {"title": ""}]
    ask("data_mill_north", json.dumps(spoilt).encode())
    assert len(listed()) == 3
    report = page("/data/catalogues/data_mill_north/")
    assert "it is no dataset" in report
    assert "it has no identifier, no title and no page" in report


def test_the_report_counts_what_was_new_changed_and_gone_each_time(ask):
    ask("data_mill_north", NORTH)
    changed = without("Health and Wellbeing").replace(b"Council spending", b"All council spending")
    ask("data_mill_north", changed[:-1] + b", 7]")
    said = json.loads(page("/data/catalogues/data_mill_north.json"))
    last, first = said["runs"]
    counts = ("new", "changed", "gone", "unchanged", "refused")
    assert [first[name] for name in counts] == [3, 0, 0, 0, 0]
    assert [last[name] for name in counts] == [0, 1, 1, 1, 1]
    assert said["listed"] == 2
    assert said["issues"][0]["what"] == "it is no dataset"
    rows = list(csv.DictReader(io.StringIO(page("/data/catalogues/data_mill_north.csv"))))
    assert [row["changed"] for row in rows] == ["1", "0"]
    assert "Data Mill North" in page("/data/catalogues/")
    assert Client().get("/data/catalogues/nobody/").status_code == 404


def test_other_catalogues_are_told_whose_it_is_and_where(ask):
    ask("data_mill_north", NORTH)
    machine = json.loads(page("/data.json"))["dataset"]
    (spending,) = [one for one in machine if one["title"] == "Council spending"]
    assert spending["landingPage"] == "https://north.example/dataset/council-spending-2gpp0"
    assert spending["publisher"]["name"] == "Corporate Finance"
    assert "rows" not in spending
    name = f"harvested.{record_id('Data Mill North', '2gpp0')}"
    turtle = page(f"/data/{name}.ttl")
    assert "prov:wasDerivedFrom <https://north.example/dataset/council-spending-2gpp0>" in turtle
    package = json.loads(page(f"/api/3/action/package_show?id={name}"))["result"]
    assert package["num_resources"] == 2
    assert package["url"] == "https://north.example/dataset/council-spending-2gpp0"
    resource = package["resources"][1]["id"]
    shown = json.loads(page(f"/api/3/action/resource_show?id={resource}"))["result"]
    assert shown["format"] == "PDF"


@pytest.mark.parametrize(
    "address", ["/data.json", "/catalog.ttl", "/catalog.jsonld", "/catalog.rdf"]
)
def test_our_own_catalogue_is_read_by_our_own_readers_to_the_last_dataset(ask, address):
    ask("data_mill_north", NORTH)
    machine = json.loads(page("/data.json"))["dataset"]
    answer = reading.read(Client().get(address).content, url=f"http://testserver{address}")
    said = {one.identifier: one for one in answer.entries}
    assert answer.whole
    assert list(answer.issues) == []
    assert set(said) == {one["identifier"] for one in machine}
    for one in machine:
        assert said[one["identifier"]].title == one["title"]
        assert len(said[one["identifier"]].files) == len(one["distribution"])
        assert said[one["identifier"]].landing_page == one["landingPage"]


def test_what_comes_back_to_us_is_not_listed_again(ask, settings):
    ask("data_mill_north", NORTH)
    settings.ALLOWED_HOSTS = ["open.leeds.example", "localhost", "testserver"]
    ours = [{"identifier": "flood.readings", "title": "River levels",
             "landingPage": "https://open.leeds.example/data/flood.readings/"}]  # fmt: skip
    ask("data_mill_north", json.dumps([*json.loads(NORTH), *ours]).encode())
    assert "River levels" not in listed()
    assert len(listed()) == 3


def test_officers_follow_pause_and_let_go_and_each_step_is_written_down(ask, sign_in):
    publisher = sign_in("publisher")
    answer = publisher.post("/desk/catalogues/new/", FORM)
    assert answer["Location"] == "/desk/catalogues/the_north/"
    assert standings.find_standing("opendata.the_north").next_run_at is not None
    assert "opendata.the_north" in [one.name for one in duty.from_settings().feeds]
    ask("the_north", NORTH)
    assert len(listed()) == 3
    assert "3" in publisher.get("/desk/catalogues/the_north/").content.decode()
    # Another process has not looked yet which catalogues there are.
    house.added = {}
    assert "The North" in publisher.get("/desk/feeds/opendata.the_north/").content.decode()
    house.added = {}
    assert "The North" in page("/data/feeds/opendata.the_north/")
    raw = f"/data/feeds/opendata.the_north/raw/{sha256(NORTH).hexdigest()}"
    assert Client().get(raw).content == NORTH

    publisher.post("/desk/catalogues/the_north/pause")
    assert "opendata.the_north" not in [one.name for one in duty.from_settings().feeds]
    assert len(listed()) == 3
    publisher.post("/desk/catalogues/the_north/resume")
    publisher.post("/desk/catalogues/the_north/run")
    publisher.post("/desk/catalogues/the_north/remove")
    assert listed() == []
    assert publisher.post("/desk/catalogues/the_north/resume").status_code == 404
    assert publisher.post("/desk/catalogues/data_mill_north/remove").status_code == 404
    did = list(Line.objects.order_by("seq").values_list("did", flat=True))
    assert did == ["catalogue_followed", "catalogue_paused", "catalogue_resumed",
                   "feed_run_asked", "catalogue_removed"]  # fmt: skip

    again = publisher.post("/desk/catalogues/new/", FORM)
    assert again["Location"] == "/desk/catalogues/the_north_2/"
    ask("the_north_2", NORTH)
    assert len(listed()) == 3


def test_a_catalogue_is_followed_once_and_only_at_an_address(sign_in):
    publisher = sign_in("publisher")
    publisher.post("/desk/catalogues/new/", FORM)
    same = publisher.post("/desk/catalogues/new/", {**FORM, "name": "Another"})
    assert "We follow that address already" in same.content.decode()
    named = publisher.post("/desk/catalogues/new/", {**FORM, "url": "https://x.example/"})
    assert "of that name already" in named.content.decode()
    for url in ("javascript:alert(1)", "ftp://x.example/", "https://a:b@x.example/", ""):
        assert (
            publisher.post("/desk/catalogues/new/", {**FORM, "name": "X", "url": url}).status_code
            == 400
        )
    assert Catalogue.objects.count() == 1


def test_a_dataset_that_several_catalogues_list_is_listed_once_and_names_them(ask, sign_in):
    sign_in("publisher").post("/desk/catalogues/new/", FORM)
    ask("the_north", NORTH)
    ask("data_mill_north", NORTH)
    assert len(listed()) == 3
    first = harvested.list_harvested(NOW)[0]
    assert [one.catalogue for one in first.also] == ["Data Mill North"]
    assert "Listed also by" in page(f"/data/{first.name}/")
    other = page(f"/data/{first.also[0].name}/")
    assert f'href="/data/{first.name}/"' in other
    assert "3 datasets are listed by other catalogues" in page("/data/catalogues/the_north/")


def test_nothing_a_catalogue_says_runs_in_a_page(ask):
    harm = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
    said = {
        "identifier": harm, "title": harm, "description": harm, "keyword": [harm],
        "publisher": {"name": harm, "email": f"{harm}@x.example"}, "license": harm,
        "landingPage": "javascript:alert(1)", "spatial": harm, "theme": [harm],
        "distribution": [{"title": harm, "format": harm, "downloadURL": "javascript:alert(1)"},
                         {"title": harm, "format": harm, "downloadURL": "https://x.example/a"}],
    }  # fmt: skip
    ask("data_mill_north", json.dumps([said, 7]).encode())
    (one,) = harvested.list_harvested(NOW)
    for address in (f"/data/{one.name}/", "/data/", "/data/catalogues/data_mill_north/"):
        shown = page(address)
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert '="javascript:' not in shown
        assert "49" not in shown or "{{7*7}}" in shown


def test_a_graph_in_which_many_are_listed_is_listed_whole(ask):
    many = [{"identifier": f"d{n}", "title": f"Dataset {n}"} for n in range(1200)]
    run = ask("data_mill_north", json.dumps(many).encode())
    assert run.records == 1200
    half = ask("data_mill_north", json.dumps(many[:400]).encode())
    assert half.records == 0
    assert len(listed()) == 1200
    ask("data_mill_north", json.dumps(many[:400]).encode())
    assert len(listed()) == 400
    assert house.kinds()[KIND.name][0] is KIND
