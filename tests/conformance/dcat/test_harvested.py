"""What is held elsewhere is described to other catalogues as DCAT-AP asks, whatever it lacks."""

from datetime import UTC, datetime

import pytest
import rdflib
from rdflib.namespace import DCAT, DCTERMS, PROV, RDF

from moothall.civic.opendata.feeds import harvest
from moothall.kernel.feeds import checks
from moothall.kernel.registry import house
from moothall.standards.catalogues import reading
from moothall.values.requests import Payload, Request

pytestmark = [pytest.mark.django_db, pytest.mark.recordings]
AT = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.fixture
def said(client, lake, in_city, recordings, settings):
    """The city's catalogue as a graph, with the North's eight datasets in it."""
    settings.LIMITS_ON = False
    in_city("leeds")
    feed = house.feed("opendata.data_mill_north")
    body = (recordings / "civic/catalogue/data_mill_north_dcat_sample_2026.json").read_bytes()
    payload = Payload(body=body, request=Request(url=feed.documentation), fetched_at=AT)
    batch = harvest.parse(payload, {"name": feed.title})
    fit = checks.check(batch, feed=feed, box=None, now=AT)
    lake.append(fit, feed=feed.name, key="1", now=AT)
    body = client.get("/catalog.ttl").content
    graph = rdflib.Graph()
    graph.parse(data=body, format="turtle")
    return graph, body


def test_it_conforms_and_leads_to_its_holder(said, recordings):
    import pyshacl

    graph, body = said
    held = {one for one in graph.subjects(RDF.type, DCAT.Dataset) if "harvested." in str(one)}
    assert len(held) == 8
    for one in held:
        page = str(graph.value(one, DCAT.landingPage))
        assert page.startswith("https://datamillnorth.org/dataset/")
        assert str(graph.value(one, PROV.wasDerivedFrom)) == page
    shapes = rdflib.Graph()
    for name in ("shapes", "range"):
        shapes.parse(recordings / f"civic/catalogue/shacl/dcat-ap_3.0.1_{name}.ttl")
    conforms, _, words = pyshacl.validate(graph, shacl_graph=shapes)
    assert conforms, words

    # Our own readers find in it what rdflib does.
    found = {one.identifier: one.title for one in reading.read(body).entries}
    assert found == {
        str(graph.value(one, DCTERMS.identifier)): str(graph.value(one, DCTERMS.title))
        for one in graph.subjects(RDF.type, DCAT.Dataset)
    }
