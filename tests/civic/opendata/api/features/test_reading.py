"""Part 1 of the standard: collections, features, pages of them, forms, tags, what is refused."""

import gzip
from urllib.parse import quote, urlsplit

import orjson
import pytest
from tests.civic.opendata.api.features.conftest import NOW

LAMPS = "/collections/lamps.lamp"
ITEMS = f"{LAMPS}/items"


def ids(answer):
    """Name the features of an answer."""
    return [one["id"] for one in answer.json()["features"]]


def rel(answer, name):
    """Return where an answer leads, if it does."""
    found = [one["href"] for one in answer.json()["links"] if one["rel"] == name]
    return found[0] if found else None


def crawl(ask, path, way="next"):
    """Follow an answer's links to the end; return what each page held."""
    pages = []
    while path and len(pages) < 100:
        answer = ask(path)
        pages.append(ids(answer))
        link = rel(answer, way)
        path = link and f"{urlsplit(link).path}?{urlsplit(link).query}".removeprefix(
            "/api/features"
        )
    return pages


# --- where a program begins --------------------------------------------------------------------
def test_the_landing_page_leads_everywhere(ask):
    for path in ("", "/"):
        links = {one["rel"]: one["href"] for one in ask(path).json()["links"]}
        assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} <= set(
            links
        )
    for name in ("service-desc", "conformance", "data"):
        ask(urlsplit(links[name]).path.removeprefix("/api/features"))


def test_what_it_conforms_to_is_said(ask):
    said = ask("/conformance").json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in said
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in said


def test_the_document_of_its_api_describes_every_parameter(ask):
    answer = ask("/api")
    assert answer["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0"
    said = answer.json()
    asks = said["paths"]["/collections/{collectionId}/items"]["get"]["parameters"]
    named = {one["$ref"].rpartition("/")[2] for one in asks}
    assert {"bbox", "datetime", "limit", "crs", "bbox-crs", "f"} <= named
    assert named <= set(said["components"]["parameters"])


def test_only_open_datasets_with_places_are_collections(ask):
    said = ask("/collections").json()
    assert {one["id"] for one in said["collections"]} == {
        "lamps.lamp",
        "lamps.ward",
        "wells.readings",
    }
    for name in ("lamps.keeper", "lamps.plan", "wells.closed", "nothing"):
        for below in ("", "/items", "/queryables", "/schema", "/items/ann"):
            assert "Ann" not in ask(f"/collections/{name}{below}", 404).content.decode()


def test_a_collection_says_where_and_when_and_under_what_licence(ask):
    one = ask(LAMPS).json()
    assert one["extent"]["spatial"]["bbox"][0] == pytest.approx([-1.5, 53.8, -1.46, 53.84])
    assert one["extent"]["temporal"]["interval"] == [["2025-12-12T12:00:00Z", None]]
    assert one["storageCrs"] in one["crs"]
    assert {"items", "license", "self", "alternate"} <= {link["rel"] for link in one["links"]}
    (listed,) = [o for o in ask("/collections").json()["collections"] if o["id"] == one["id"]]
    assert {**listed, "links": ()} == {**one, "links": ()}


def test_columns_are_described_for_whoever_asks_and_for_whoever_reads(ask):
    asked = ask(f"{LAMPS}/queryables")
    assert asked["Content-Type"] == "application/schema+json"
    assert asked.json()["properties"]["height"]["type"] == "number"
    assert asked.json()["properties"]["geometry"]["format"] == "geometry-point"
    given = ask(f"{LAMPS}/schema").json()["properties"]
    assert given["geometry"]["x-ogc-role"] == "primary-geometry"
    assert given["seen_at"] == {"type": "string", "format": "date-time", "title": "seen_at"}


# --- features ----------------------------------------------------------------------------------
def test_a_feature_says_what_its_record_says_with_the_right_types(ask):
    said = ask(f"{ITEMS}?limit=1").json()["features"][0]
    assert said == {
        "type": "Feature",
        "id": "lamp/00",
        "geometry": {"type": "Point", "coordinates": [-1.5, 53.8]},
        "properties": {
            "name": 'Lamp 0 "Ä" <b>\'',
            "height": 0.0,
            "count": 0,
            "lit": True,
            "set_on": "2025-01-01",
            "seen_at": "2025-06-01T00:00:00Z",
            "limit": "none",
            "from_at": "2026-01-05T12:00:00Z",
            "origin": "live",
        },
    }
    one = ask(f"{ITEMS}/lamp/00").json()
    assert {**one, "links": ()} == {**said, "links": ()}
    assert {"self", "alternate", "collection"} <= {link["rel"] for link in one["links"]}


def test_a_feed_gives_the_newest_of_each_series_where_it_is(ask):
    said = ask("/collections/wells.readings/items").json()["features"]
    assert [one["properties"]["value"] for one in said] == [10.0, 10.0]
    assert said[0]["geometry"] == {"type": "Point", "coordinates": [-1.5, 53.8]}
    assert said[0]["properties"]["at"] == "2026-01-05T12:00:00Z"


def test_what_is_not_there_is_not_found(ask):
    for id_ in ("lamp/99", "x", "lamp/00/", "%3Cb%3E"):
        assert ask(f"{ITEMS}/{id_}", 404)["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("more", ["", "&lit=true", "&bbox=-1.49,53.8,-1.4,54"])
def test_links_lead_to_every_feature_once_and_back_again(ask, more):
    whole = ids(ask(f"{ITEMS}?limit=1000{more}"))
    for limit in (2, 7, len(whole), 100):
        pages = crawl(ask, f"{ITEMS}?limit={limit}{more}")
        assert [id_ for page in pages for id_ in page] == whole
        back = crawl(ask, f"{ITEMS}?limit={limit}&before={whole[-1]}{more}", "prev")
        assert [id_ for page in reversed(back) for id_ in page] == whole[:-1]


def test_a_crawl_loses_nothing_when_a_feature_goes_meanwhile(ask):
    answer = ask(f"{ITEMS}?limit=3")
    assert ids(ask(f"{ITEMS}?limit=3&after=lamp/02x")) == ids(ask(f"{ITEMS}?limit=3&after=lamp/02"))
    assert rel(answer, "prev") is None
    assert ids(ask(f"{ITEMS}?after=zzz")) == []


def test_how_many_there_are_is_said(ask):
    said = ask(f"{ITEMS}?limit=2&lit=true").json()
    assert (said["numberMatched"], said["numberReturned"]) == (13, 2)
    assert said["timeStamp"].endswith("Z")
    assert len(ask(ITEMS).json()["features"]) == 10
    assert len(ask(f"{ITEMS}?limit=999999").json()["features"]) == 25


# --- choosing ----------------------------------------------------------------------------------
CHOSEN = [
    ("bbox=-1.5,53.8,-1.5,53.8", ["lamp/00"]),
    ("bbox=-1.495,53.795,-1.475,53.805", ["lamp/01", "lamp/02"]),
    ("bbox=-1.495,53.795,0,-1.475,53.805,9", ["lamp/01", "lamp/02"]),
    ("bbox=179,-10,-179,10", []),
    ("datetime=2026-01-04T12:00:00Z/..&lit=false&count=1", ["lamp/01"]),
    ("datetime=../2025-12-13T12:00:00Z", ["lamp/23", "lamp/24"]),
    ("datetime=2025-12-12T12:00:00Z", ["lamp/24"]),
    ("count=3", ["lamp/03"]),
    ("height=1.5", []),
    ("height=2", ["lamp/04"]),
    ("set_on=2025-01-03", ["lamp/02"]),
    ("seen_at=2025-06-01T02:00:00%2B00:00&count=2", ["lamp/02"]),
    ("seen_at=2025-06-01T03:00:00%2B01:00&count=2", ["lamp/02"]),
    ("name=Lamp 1 %22Ä%22 <b>'", ["lamp/01"]),
    ("name=x' OR 1=1 --", []),
]


def test_features_are_chosen_by_place_time_and_what_they_say(ask):
    for question, found in CHOSEN:
        assert (question, ids(ask(f"{ITEMS}?{question}"))) == (question, found)


def test_a_shape_is_touched_by_a_box_that_meets_itself_and_not_only_its_own_box(ask):
    wards = "/collections/lamps.ward/items"
    assert ids(ask(f"{wards}?bbox=-1.41,53.89,-1.4,53.9")) == []
    assert ids(ask(f"{wards}?bbox=-1.46,53.84,-1.4,53.9")) == ["east"]
    assert ids(ask(f"{wards}?bbox=-1.9,53,-1.3,54")) == ["east", "west"]


REFUSED = [
    ("bbox=1,2,3", "bbox"),
    ("bbox=200,0,210,1", "bbox"),
    ("datetime=yesterday", "datetime"),
    ("limit=0", "limit"),
    ("limit=-1", "limit"),
    ("limit=x", "limit"),
    ("crs=EPSG:1", "crs"),
    ("bbox-crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84", "bbox-crs"),
    ("bbox=1,2,3,4&bbox-crs=x", "bbox-crs"),
    ("colour=red", "colour"),
    ("limit=1&limit=2", "limit"),
    ("after=a&before=b", "before"),
    ("count=many", "count"),
    ("count=1.5", "count"),
    ("lit=yes", "lit"),
    ("set_on=tomorrow", "set_on"),
    ("seen_at=2025-06-01", "seen_at"),
    ("height=nan", "height"),
    ("f=xml", "f"),
]


def test_a_question_that_cannot_be_answered_names_the_parameter(ask):
    for question, parameter in REFUSED:
        answer = ask(f"{ITEMS}?{question}", 400)
        assert answer["Content-Type"] == "application/problem+json"
        assert (question, answer.json()["parameter"]) == (question, parameter)
        assert answer["Access-Control-Allow-Origin"] == "*"


def test_no_address_takes_a_parameter_that_it_does_not_know(ask):
    for path in ("/", "/conformance", "/collections", LAMPS, f"{LAMPS}/schema"):
        assert ask(f"{path}?limit=3", 400).json()["parameter"] == "limit"


# --- forms, tags and who may read --------------------------------------------------------------
def test_everything_is_a_page_as_well_in_which_every_link_leads_on(ask, client):
    from lxml import html

    for path in (
        *("/", "/conformance", "/api", "/collections", "/collections/lamps.ward/items/east"),
        *(LAMPS, f"{LAMPS}/queryables", f"{LAMPS}/schema", ITEMS, f"{ITEMS}/lamp/00"),
    ):
        answer = ask(path, accept="text/html")
        assert answer["Content-Type"].startswith("text/html")
        page = html.fromstring(answer.content)
        assert len(page.findall(".//h1")) == 1
        assert "<b>" not in answer.content.decode()
        links = {one for one in page.xpath("//main//a/@href") if one.startswith("/api/features")}
        assert {client.get(one).status_code for one in links} <= {200}


def test_a_page_has_a_map_of_the_whole_collection_beside_its_table(ask):
    from lxml import html

    page = html.fromstring(ask(f"{ITEMS}?f=html").content)
    (tiles,) = page.xpath("//*[@data-map]/@data-tiles")
    assert tiles.endswith("/tiles/WebMercatorQuad/{z}/{y}/{x}")
    address = tiles.format(z=10, y=329, x=507).removeprefix("/api/features")
    assert ask(address).content
    assert len(page.findall(".//table")) == 1


def test_pages_lead_to_the_next(ask):
    assert b'rel="next"' in ask(f"{ITEMS}?f=html").content
    assert b'rel="prev"' in ask(f"{ITEMS}?f=html&after=lamp/05").content


def test_a_person_is_told_on_a_page_what_cannot_be_answered(ask):
    answer = ask(f"{ITEMS}?limit=0", 400, accept="text/html")
    assert answer["Content-Type"].startswith("text/html")
    assert b"limit: give a whole number" in answer.content


def test_an_id_of_any_signs_is_found_and_its_links_lead_to_it(ask, city, client):
    from moothall.kernel.keeping import kept
    from moothall.values.observations import Batch, Record

    odd = 'a/"b" <é>?&#;%41'
    new = Record(kind="lamps.lamp", id=odd, from_at=NOW, fields={"name": "Odd"})
    city.append(Batch(records=(new,)), feed="lamps.things", key="2", now=NOW)
    kept.forget()
    answer = ask(f"{ITEMS}/{quote(odd, safe='')}")
    assert answer.json()["id"] == odd
    for link in answer.json()["links"]:
        if link["rel"] in {"self", "alternate"}:
            assert client.get(link["href"].removeprefix("http://testserver")).status_code == 200
    first = ask(f"{ITEMS}?limit=1")
    following = rel(first, "next")
    assert ids(first) == [odd]
    assert ids(ask(following.partition("/api/features")[2])) == ["lamp/00"]


def test_what_the_asker_has_already_is_not_sent_again(ask):
    first = ask(ITEMS)
    assert ask(ITEMS, 304, if_none_match=first["ETag"]).content == b""
    assert ask(f"{ITEMS}?limit=3", if_none_match=first["ETag"]).content


def test_the_tag_of_the_same_features_read_again_is_the_same(ask):
    from moothall.kernel.keeping import kept

    first = ask(ITEMS)
    kept.forget()
    assert ask(ITEMS)["ETag"] == first["ETag"]


def test_a_long_answer_is_squeezed_for_who_can_take_it(ask):
    plain = ask(ITEMS)
    squeezed = ask(ITEMS, accept_encoding="gzip, br")
    assert squeezed["Content-Encoding"] == "gzip"
    told = orjson.loads(gzip.decompress(squeezed.content))
    assert told["features"] == plain.json()["features"]
    assert {"Accept", "Accept-Encoding"} <= set(plain["Vary"].split(", "))


def test_anyones_page_may_read_and_nobody_may_write(ask, client):
    answer = ask(ITEMS)
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert 'rel="next"' in answer["Link"]
    head = client.head(f"/api/features{ITEMS}")
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", answer["ETag"])
    assert client.options(f"/api/features{ITEMS}").status_code == 204
    for method in (client.post, client.put, client.delete):
        assert method(f"/api/features{ITEMS}").status_code == 405


def test_what_comes_in_is_there_as_soon_as_the_lake_is_looked_at_again(ask, city):
    from moothall.kernel.keeping import kept
    from moothall.values.observations import Batch, Record

    assert len(ask(f"{ITEMS}?limit=99").json()["features"]) == 25
    here = {"type": "Point", "coordinates": [-1.6, 53.7]}
    new = Record(kind="lamps.lamp", id="a", from_at=NOW, fields={"name": "New"}, geometry=here)
    city.append(Batch(records=(new,)), feed="lamps.things", key="2", now=NOW)
    kept._seen = None
    assert ids(ask(f"{ITEMS}?limit=99"))[0] == "a"
