"""The pages made of many services."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from moothall.kernel.keeping import kept
from moothall.kernel.observations import lake
from moothall.kernel.places import queries as places
from moothall.kernel.registry import Service, house
from moothall.values.facts import Card, Fact, State
from moothall.values.observations import Origin

ADDRESSES = (
    "/",
    "/now/",
    "/now/list/",
    "/near/",
    "/near/?ward=Armley",
    "/near/?postcode=nonsense",
    "/search/",
    "/search/?q=bridge",
    "/status/",
    "/how-this-works/",
    "/accessibility/",
    "/privacy/",
    "/sitemap/",
    "/no-such-page/",
)
VOID = {"meta", "link", "input", "img", "br", "hr", "path", "circle", "rect"}


class Outline(HTMLParser):
    """Reads what a page is made of, and whether every element is closed where it should be."""

    def __init__(self):
        super().__init__()
        self.open, self.faults, self.ids, self.tags, self.styled = [], [], [], [], []
        self.inline_scripts, self.labels, self.controls, self.anchors = 0, set(), [], []
        self.tables = []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        self.styled += [tag for name in attrs if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in attrs):
            self.inline_scripts += 1
        if tag == "label":
            self.labels.add(attrs.get("for"))
        if tag in {"input", "select", "textarea"} and attrs.get("type") != "hidden":
            self.controls.append(attrs.get("id"))
        if tag == "a" and attrs.get("href", "").startswith("#"):
            self.anchors.append(attrs["href"][1:])
        if tag == "table":
            self.tables.append({"caption": 0, "unscoped": 0})
        if tag == "caption":
            self.tables[-1]["caption"] += 1
        if tag == "th" and "scope" not in attrs:
            self.tables[-1]["unscoped"] += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


def outline_of(text):
    read = Outline()
    read.feed(text)
    return read


@pytest.fixture
def client():
    return Client(headers={"host": "localhost"}, raise_request_exception=False)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_is_well_made(city, client, address):
    answer = client.get(address)
    text = answer.content.decode()
    read = outline_of(text)
    assert answer.status_code in (200, 404, 422)
    assert answer.status_code == {"/no-such-page/": 404, ADDRESSES[5]: 422}.get(address, 200)
    assert read.tags.count("h1") == 1
    assert read.tags.count("main") == 1
    assert not read.faults
    assert not read.open
    assert len(read.ids) == len(set(read.ids))
    assert set(read.controls) <= read.labels
    assert set(read.anchors) <= set(read.ids)
    assert all(table == {"caption": 1, "unscoped": 0} for table in read.tables)
    assert '<html lang="en-GB" dir="ltr"' in text


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_page_carries_a_script_or_a_style_within(city, client, address):
    answer = client.get(address)
    read = outline_of(answer.content.decode())
    assert not read.styled
    assert not read.inline_scripts
    assert "unsafe-inline" not in answer["Content-Security-Policy"]
    assert "<script>alert" not in answer.content.decode()


@pytest.mark.parametrize("address", ADDRESSES)
def test_reading_sets_no_cookie(city, client, address):
    assert not client.get(address).cookies


def test_city_now_shows_each_value_with_unit_age_meaning_and_way_to_its_evidence(city, client):
    text = client.get("/now/").content.decode()
    assert re.search(r'data-series="wells.old_bridge.level_m">0.66</span> <span[^>]*>m<', text)
    assert "4 minutes ago" in text
    assert "Usual for the season" in text
    assert 'href="/data/series/wells.old_bridge.level_m/"' in text
    assert 'href="/data/wells.readings/"' in text
    assert "doubted by its publisher" in text


def test_a_missing_value_reads_as_no_data_and_never_as_zero_or_normal(city, client):
    text = client.get("/now/").content.decode()
    silent = re.search(r'<li class="fact" data-fact="wells.silent.level_m">.*?</li>', text, re.S)
    assert "No data" in silent[0]
    assert "no data since 14:05" in silent[0]
    assert "state--unknown" in silent[0]
    assert "state--good" not in silent[0]


def test_one_service_that_fails_leaves_the_others_on_the_page(city, client):
    answer = client.get("/now/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "We cannot show this just now" in text
    assert "One of four wells is high" in text
    assert client.get("/near/?ward=Armley").status_code == 200
    assert client.get("/search/?q=bridge").status_code == 200


@pytest.mark.parametrize(("origin", "words"), [(1, "Replayed"), (2, "Simulated")])
def test_what_is_not_live_says_so_on_the_page_and_beside_the_value(city, client, origin, words):
    house.fill((city.service(origin=city.Origin(origin)),))
    kept.forget()
    for address in ("/", "/now/"):
        text = client.get(address).content.decode()
        assert 'class="notice notice--origin"' in text
        assert f"<strong>{words}:</strong> Public wells (" in text
        assert f'<span class="origin">{words}</span>' in text
    assert f'"origin":"{words.lower()}"' in client.get("/now.json").content.decode()


def test_a_live_city_carries_no_such_label(city, client):
    text = client.get("/now/").content.decode()
    assert "notice--origin" not in text
    assert 'class="origin"' not in text


def test_city_now_as_data_says_what_the_page_says(city, client):
    told = client.get("/now.json").json()
    (wells, dry) = told["cards"]
    assert wells["facts"][0]["value"] == "0.66"
    assert wells["facts"][0]["series"] == "wells.old_bridge.level_m"
    assert wells["state"] == "watch"
    assert wells["facts"][2]["value"] == ""
    assert dry["state"] == "unknown"


def test_the_map_and_its_list_say_the_same(city, client):
    features = client.get("/now/features.geojson?layers=wells").json()["features"]
    listed = client.get("/now/list/").content.decode()
    assert [feature["properties"]["layer"] for feature in features] == ["wells", "wells"]
    for feature in features:
        said = feature["properties"]
        assert said["title"] in listed
        assert said["words"].removesuffix(" (Simulated)") in listed


def test_what_is_simulated_says_so_on_the_map_and_in_its_list(city, client):
    sure, simulated = client.get("/now/features.geojson?layers=wells").json()["features"]
    listed = client.get("/now/list/").content.decode()
    assert (sure["properties"]["origin"], simulated["properties"]["origin"]) == (
        "live",
        "simulated",
    )
    assert sure["properties"]["words"] == "0.66 m, usual for the season"
    assert simulated["properties"]["words"] == "High (Simulated)"
    assert listed.count('class="origin"') == 1


def test_a_layer_nobody_offers_is_an_empty_map_and_fills_no_memory(city, client):
    before = len(kept._kept)
    for number in range(20):
        answer = client.get(f"/now/features.geojson?layers=made-up-{number}")
        assert answer.json() == {"type": "FeatureCollection", "features": []}
    assert len(kept._kept) == before


def test_the_outline_says_that_it_is_approximate(city, client):
    outline = client.get("/now/outline.geojson").json()
    assert len(outline["features"]) == 33
    assert {feature["properties"]["approximate"] for feature in outline["features"]} == {True}
    assert "The lines are approximate" in client.get("/now/").content.decode()
    assert client.get("/now/outline.svg").content.count(b"<path") == 33


def test_near_a_ward_lists_what_each_service_has(city, client):
    text = client.get("/near/?ward=armley").content.decode()
    assert "Near Armley" in text
    assert "Old bridge" in text
    assert re.search(r"[0-9.]+ k?m away", text)
    assert "Depth of the ground water" in text
    assert "Nowhere in particular" not in text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("postcode=nonsense", "Postcodes have not been loaded yet"),
        ("postcode=LS1+4AP", "Postcodes have not been loaded yet"),
        ("ward=Atlantis", "There is no ward of that name here"),
    ],
)
def test_a_place_we_cannot_find_is_said_at_the_top_and_at_the_field(city, client, query, words):
    answer = client.get(f"/near/?{query}")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert text.count(words) == 2
    assert "Error: " in text
    assert 'role="alert"' in text


def test_nobody_is_asked_for_a_postcode_before_any_can_be_looked_up(city, client):
    text = client.get("/near/").content.decode()
    assert 'name="postcode"' not in text
    assert "The list of postcodes has not been loaded yet" in text
    assert 'href="#ward"' in client.get("/near/?postcode=LS1+4AP").content.decode()
    assert "postcode" not in client.get("/search/").content.decode()
    assert "postcode" not in client.get("/sitemap/").content.decode()


def test_once_they_can_a_postcode_that_is_none_is_said_at_its_field(city, client, monkeypatch):
    monkeypatch.setattr(places, "has_postcodes", lambda: True)
    text = client.get("/near/?postcode=nonsense").content.decode()
    assert text.count("Enter a full postcode") == 2
    assert 'value="nonsense"' in text
    assert 'href="#postcode"' in text


def test_a_postcode_is_not_kept_logged_or_passed_on(city, client, caplog, capsys):
    answer = client.get("/near/?postcode=LS1+4AP")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    out, err = capsys.readouterr()
    for said in (out, err, caplog.text, repr(kept._kept)):
        assert "LS1" not in said


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("drawing point", "/wells/"),
        ("drawin pionts", "/wells/"),
        ("bridge", "/wells/old-bridge/"),
        ("accesibility", "/accessibility/"),
        ("levels of the public wells", "/data/wells.readings/"),
        ("privcy", "/privacy/"),
    ],
)
def test_search_finds_it_though_the_typing_slips(city, client, query, address):
    text = client.get("/search/", {"q": query}).content.decode()
    assert f'href="{address}"' in text.partition("<main")[2].partition("</main")[0]


def found(client, query):
    text = client.get("/search/", {"q": query}).content.decode()
    return text, text.partition("<main")[2].partition("</main")[0]


@pytest.mark.parametrize("query", ["zzxxqqjjkk", "gritting", "bins"])
def test_search_for_what_is_not_here_says_so_and_where_else_to_ask(city, client, query):
    _text, main = found(client, query)
    assert "Nothing on this site matches" in main
    assert 'href="https://www.leeds.gov.uk/"' in main
    assert 'href="/wells/"' in main


@pytest.mark.parametrize("query", ["LS1 4AP", "ls14ap", " LS1  4AP "])
def test_a_postcode_typed_into_search_leads_to_what_is_near_it(city, client, query):
    answer = client.get("/search/", {"q": query})
    assert answer["Location"] == "/near/?postcode=LS1+4AP"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"


def test_a_postcode_among_other_words_is_offered_first(city, client):
    _text, main = found(client, "wells LS1 4AP")
    assert main.index('href="/near/?postcode=LS1+4AP"') < main.index('href="/wells/"')


def test_search_finds_a_ward_and_answers_are_grouped_by_kind(city, client):
    _text, main = found(client, "armley")
    assert re.search(r"<h2[^>]*>Ward</h2>", main)
    assert 'href="/near/?ward=E0' in main


def test_search_finds_a_page_by_the_words_people_use_for_it(city, client):
    _text, main = found(client, "pump near me")
    assert main.index('href="/near/"') < main.index('href="/wells/"')
    assert "Nothing here has all" not in main


def test_search_that_meets_only_some_of_the_words_says_so(city, client):
    _text, main = found(client, "drawing unicorns")
    assert "Nothing here has all of these words" in main
    assert 'href="/wells/"' in main


def test_a_very_long_or_odd_search_is_answered(city, client):
    for query in ("a" * 5000, "💧", "%", "<b>", "' OR 1=1"):
        assert client.get("/search/", {"q": query}).status_code == 200


def test_how_this_works_walks_a_real_figure(city, client):
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    lake.current().append(
        city.batch(now - timedelta(minutes=4), 0.66), feed="wells.readings", key="1", now=now
    )
    text = client.get("/how-this-works/").content.decode()
    for part in (
        "The Well Board",
        "Open Government Licence",
        "/data/wells.readings/",
        "0.66",
        "/plan/",
    ):
        assert part in text


def test_how_this_works_never_walks_a_figure_made_up(city, client):
    house.fill((city.service(origin=city.Origin.SIMULATED),))
    kept.forget()
    assert "No real figure has arrived yet" in client.get("/how-this-works/").content.decode()


def test_crawlers_find_every_page_but_no_search(city, client):
    sitemap = client.get("/sitemap.xml").content.decode()
    assert "<loc>http://localhost/now/</loc>" in sitemap
    assert "<loc>http://localhost/wells/</loc>" in sitemap
    robots = client.get("/robots.txt").content.decode()
    assert "Disallow: /search/" in robots


def test_every_page_of_the_sitemap_of_the_portal_answers(city, client):
    from moothall.portal.queries.pages import list_portal_pages

    for page in list_portal_pages():
        assert client.get(page.url).status_code == 200


def test_the_city_colours_come_from_the_pack_and_are_kept_for_good(city, client):
    home = client.get("/").content.decode()
    address = re.search(r'href="(/city\.css\?v=[0-9a-f]+)"', home)[1]
    answer = client.get(address)
    assert "--city-brand:#" in answer.content.decode()
    assert "immutable" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_language_is_remembered_and_the_page_turns(city, client):
    answer = client.post("/language/", {"language": "ur", "next": "/now/"})
    assert answer["Location"] == "/now/"
    text = client.get("/now/").content.decode()
    assert '<html lang="ur" dir="rtl"' in text
    assert "english" not in text.partition("<nav")[2].partition("</nav")[0].lower()


@pytest.mark.django_db
@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_choosing_a_language_never_leads_off_the_site(city, client, to):
    assert client.post("/language/", {"language": "ur", "next": to})["Location"] == "/"


def test_an_unknown_language_sets_nothing(city, client):
    assert not client.post("/language/", {"language": "tlh", "next": "/"}).cookies


def test_a_page_for_everybody_is_made_once_and_squeezed_for_who_can_read_that(city, client):
    import gzip

    plain = client.get("/now/").content
    answer = client.get("/now/", headers={"accept-encoding": "gzip, br"})
    assert answer["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer["Vary"]
    assert gzip.decompress(answer.content) == plain
    assert len(answer.content) < len(plain) / 2


def test_what_somebody_signed_in_sees_is_never_kept(city, client, settings):
    client.get("/now/")
    before = dict(kept._kept)
    client.cookies[settings.SESSION_COOKIE_NAME] = "somebody"
    client.get("/now/?made-up=1")
    assert {name for name in kept._kept if "page" in str(name)} == {
        name for name in before if "page" in str(name)
    }


def test_a_city_that_is_made_up_throughout_is_not_said_to_be_well(city, client):
    for origin, made_up in ((Origin.SIMULATED, True), (Origin.LIVE, False)):
        fact = Fact(label="Level", value="1", unit="m", origin=origin)
        card = Card(id="calm", title="Calm", lead="calm", state=State.GOOD, facts=(fact,))
        calm = Service(name="calm", title="Calm", summary="", cards=(lambda now, card=card: card,))
        house.fill((calm,))
        kept.forget()
        for address in ("/", "/now/"):
            text = client.get(address).content.decode()
            assert ("everything here is made up" in text) is made_up
            assert ("Nothing we watch needs attention" in text) is not made_up
