"""Strangers' tools read our catalogue: rdflib each form, pyshacl by the shapes of DCAT-AP 3.0.1."""

import pytest
import rdflib
from rdflib import DCAT, DCTERMS, FOAF, RDF, URIRef
from rdflib.compare import isomorphic, to_isomorphic

from moothall.civic.opendata.queries import describing

pytestmark = pytest.mark.django_db
FORMS = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml"}
MEDIA_TYPES = {"ttl": "text/turtle", "jsonld": "application/ld+json", "rdf": "application/rdf+xml"}
ROOT = "http://testserver"


@pytest.fixture(autouse=True)
def _from_outside(settings):
    settings.ALLOWED_HOSTS = ["testserver", "open.example"]


def graph_at(client, address, form):
    """What a program reads at an address."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == MEDIA_TYPES[form]
    assert answer["Access-Control-Allow-Origin"] == "*"
    return rdflib.Graph().parse(data=answer.content, format=FORMS[form])


@pytest.mark.parametrize("address", ["/catalog", "/data/probe.readings", "/data/probe.thing"])
def test_each_form_says_the_very_same(client, probes, address):
    first, *others = (graph_at(client, f"{address}.{form}", form) for form in FORMS)
    assert len(first) > 40
    for other in others:
        assert isomorphic(to_isomorphic(first), to_isomorphic(other))


def test_the_catalogue_lists_every_open_dataset_and_no_closed_one(client, probes):
    graph = graph_at(client, "/catalog.ttl", "ttl")
    named = {str(one) for one in graph.objects(None, DCTERMS.identifier)}
    own = {"portal.quality", "portal.issues", "portal.usage"}
    assert named == {"probe.readings", "probe.thing", *own}
    assert "probe.closed" not in client.get("/catalog.ttl").content.decode()


def test_a_dataset_says_how_good_it_is(client, probes):
    graph = graph_at(client, "/data/probe.readings.ttl", "ttl")
    dqv = rdflib.Namespace("http://www.w3.org/ns/dqv#")
    dataset = URIRef(f"{ROOT}/data/probe.readings/#dataset")
    values = {
        str(graph.value(one, dqv.isMeasurementOf)).partition("#")[2]: int(
            graph.value(one, dqv.value)
        )
        for one in graph.objects(dataset, dqv.hasQualityMeasurement)
    }
    assert 0 < values["score"] <= 100
    assert values["stars"] == 4


def test_a_dataset_says_whose_it_is_under_which_licence_where_and_how_often(client, probes):
    graph = graph_at(client, "/data/probe.readings.ttl", "ttl")
    dataset = URIRef(f"{ROOT}/data/probe.readings/#dataset")
    assert (dataset, RDF.type, DCAT.Dataset) in graph
    assert str(graph.value(graph.value(dataset, DCTERMS.publisher), FOAF.name)) == (
        "The Probe Office"
    )
    assert graph.value(dataset, DCTERMS.accrualPeriodicity).endswith("/frequency/15MIN")
    assert graph.value(dataset, DCTERMS.spatial).endswith("/E08000035")
    assert graph.value(graph.value(dataset, DCTERMS.temporal), DCAT.endDate) is not None
    ways = list(graph.objects(dataset, DCAT.distribution))
    assert len(ways) == 5
    for way in ways:
        assert graph.value(way, DCTERMS.license).endswith("/open-government-licence/version/3/")
        assert client.head(str(graph.value(way, DCAT.downloadURL))).status_code == 200


def test_the_services_told_of_are_there(client, probes):
    graph = graph_at(client, "/catalog.ttl", "ttl")
    for service in graph.subjects(RDF.type, DCAT.DataService):
        for told in (DCAT.endpointURL, DCAT.endpointDescription):
            assert client.get(str(graph.value(service, told))).status_code == 200


def test_a_program_that_asks_a_page_for_rdf_is_sent_to_it(client, probes):
    answer = client.get("/data/probe.readings/", HTTP_ACCEPT="text/turtle, text/html;q=0.5")
    assert (answer.status_code, answer["Location"]) == (303, "/data/probe.readings.ttl")
    assert "Accept" in answer["Vary"].split(", ")
    page = client.get("/data/probe.readings/", HTTP_ACCEPT="text/html,application/xml;q=0.9,*/*")
    assert page.status_code == 200
    assert "Accept" in page["Vary"].split(", ")


@pytest.mark.parametrize("address", ["/catalog.ttl", "/data.json", "/data/probe.thing.rdf"])
def test_what_the_asker_has_already_is_not_sent_again(client, probes, address):
    tag = client.get(address)["ETag"]
    again = client.get(address, HTTP_IF_NONE_MATCH=tag)
    assert (again.status_code, again.content) == (304, b"")


def test_what_is_kept_for_one_name_of_the_site_is_not_told_to_another(client, probes):
    assert b"http://testserver/" in client.get("/catalog.ttl").content
    other = client.get("/catalog.ttl", HTTP_HOST="open.example").content
    assert b"testserver" not in other
    assert b"http://open.example/data/probe.readings/" in other
    assert b"root.invalid" not in other


def test_a_long_catalogue_is_told_in_pages_that_lead_to_each_other(client, probes, monkeypatch):
    monkeypatch.setattr(describing, "PER_PAGE", 1)
    hydra = rdflib.Namespace("http://www.w3.org/ns/hydra/core#")
    address, named = "/catalog.ttl", []
    while address:
        graph = graph_at(client, address, "ttl")
        named += [str(one) for one in graph.objects(None, DCTERMS.identifier)]
        assert {int(one) for one in graph.objects(None, hydra.totalItems)} == {5}
        address = str(next(graph.objects(None, hydra.nextPage), "")).removeprefix(ROOT)
    own = ["portal.issues", "portal.quality", "portal.usage"]
    assert sorted(named) == [*own, "probe.readings", "probe.thing"]
    assert client.get("/catalog.ttl?page=6").status_code == 404
    assert client.get("/catalog.ttl?page=x").status_code == 400


def test_a_dataset_nobody_has_is_a_problem_that_names_its_like(client, probes):
    answer = client.get("/data/probe.reading.ttl")
    assert answer.status_code == 404
    assert "/data/probe.readings/" in answer.json()["like"]
    assert client.get("/data/probe.closed.ttl").status_code == 404


def test_a_page_describes_its_dataset_to_search_engines(client, probes):
    import html
    import json
    import re

    page = client.get("/data/probe.thing/").content.decode()
    said = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)[1]
    assert html.unescape(said) == said
    read = json.loads(said)
    assert (read["@type"], read["name"]) == ("Dataset", "Things")
    assert read["license"].startswith("https://www.nationalarchives.gov.uk/")
    assert {way["encodingFormat"] for way in read["distribution"]} >= {"text/csv"}
    assert "size" in {one["name"] for one in read["variableMeasured"]}


def test_data_json_is_shaped_as_harvesters_expect(client, probes):
    said = client.get("/data.json").json()
    assert said["conformsTo"] == "https://project-open-data.cio.gov/v1.1/schema"
    for one in said["dataset"]:
        assert one["@type"] == "dcat:Dataset"
        own = one["identifier"].startswith("portal.")
        said = "Leeds City Council" if own else "The Probe Office"
        assert one["publisher"]["name"] == said
        assert one["contactPoint"]["fn"] == "Leeds City Council"
        assert one["license"].startswith("https://")
        assert one["accessLevel"] == "public"
        assert one["keyword"]
        assert one["accrualPeriodicity"] == ("R/P1D" if own else "R/PT15M")
        assert all(way["@type"] == "dcat:Distribution" for way in one["distribution"])


@pytest.mark.recordings
@pytest.mark.usefixtures("lake")
@pytest.mark.parametrize("city", ["leeds", "leicester"])
@pytest.mark.parametrize("form", FORMS)
def test_the_catalogue_of_a_city_conforms_to_dcat_ap(client, in_city, recordings, form, city):
    """All feeds of a city's own pack, judged by the shapes as their authors publish them."""
    import pyshacl

    in_city(city)
    shapes = rdflib.Graph()
    folder = recordings / "civic" / "catalogue" / "shacl"
    for name in ("shapes", "range"):
        shapes.parse(folder / f"dcat-ap_3.0.1_{name}.ttl")
    said = graph_at(client, f"/catalog.{form}", form)
    assert len(set(said.subjects(RDF.type, DCAT.Dataset))) > 10
    conforms, _, words = pyshacl.validate(said, shacl_graph=shapes)
    assert conforms, words


@pytest.mark.recordings
def test_the_shapes_find_fault_with_what_lacks_a_title(client, lake, in_city, recordings):
    """The judge is awake: a description without its title is refused."""
    import pyshacl

    in_city("leeds")
    said = graph_at(client, "/catalog.ttl", "ttl")
    said.remove((None, DCTERMS.title, None))
    shapes = recordings / "civic" / "catalogue" / "shacl" / "dcat-ap_3.0.1_shapes.ttl"
    assert not pyshacl.validate(said, shacl_graph=str(shapes))[0]
