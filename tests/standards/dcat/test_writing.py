"""A catalogue says the very same in each form, whatever its texts hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic, to_isomorphic

from moothall.standards.dcat import graph, writing
from moothall.standards.dcat.model import Agent, Catalogue, Distribution, Entry, Service
from moothall.standards.dcat.words import duration_of, frequency_of
from moothall.values.places import Box

AT = datetime(2026, 1, 5, tzinfo=UTC)
ENTRY = Entry(
    identifier="probe.trees",
    title="Trees",
    description="Each tree.",
    page="https://open.example/data/probe.trees/",
    publisher=Agent(name="Parks", uri="https://open.example/data/?publisher=parks"),
    creators=("Parks", "People"),
    contact=Agent(name="Council", web="https://council.example/", email="data@council.example"),
    licences=("OGL-UK-3.0",),
    licence_url="https://licence.example/",
    attribution="Contains trees.",
    provenance="Counted.",
    sources=(("https://open.example/data/feeds/probe.trees/", "Counts"),),
    documentation=("https://parks.example/",),
    theme="ENVI",
    keywords=("trees", "parks"),
    box=Box(west=-1.8, south=53.6, east=-1.2, north=53.9),
    place="http://statistics.data.gov.uk/id/statistical-geography/E08000035",
    first_at=AT,
    last_at=AT + timedelta(days=1),
    promise=timedelta(days=1),
    issued_at=None,
    modified_at=AT,
    language="en",
    version="3",
    rows=5,
    origins=(),
    distributions=(
        Distribution(
            url="https://open.example/data/probe.trees.csv", form="csv", title="CSV", byte_size=9
        ),
    ),
)
PARSERS = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml"}


def catalogue(*entries):
    """A catalogue of some entries, one page of three."""
    return Catalogue(
        page="https://open.example/data/",
        title="Open data",
        description="All of it.",
        publisher=Agent(name="Council", uri="https://council.example/"),
        home="https://open.example/data/",
        language="en",
        licence_url="https://licence.example/",
        place="",
        box=None,
        modified_at=AT,
        services=(
            Service(
                url="https://open.example/api/",
                title="API",
                description_url="https://open.example/api/about",
                standard="https://standard.example/",
            ),
        ),
        entries=entries,
        total=3,
        pages=tuple(f"https://open.example/catalog.ttl?page={n}" for n in (1, 2, 3)),
        number=2,
    )


def graphs(nodes):
    """What rdflib reads in each form."""
    return [
        to_isomorphic(rdflib.Graph().parse(data=writing.write(nodes, form), format=parser))
        for form, parser in PARSERS.items()
    ]


def test_each_form_of_a_catalogue_is_the_same_graph():
    other = replace(ENTRY, page="https://b/", distributions=())
    first, *others = graphs(graph.describe(catalogue(ENTRY, other)))
    assert len(first) > 100
    assert all(isomorphic(first, other) for other in others)


@settings(max_examples=60)
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=30))
def test_no_text_and_no_address_breaks_a_form(title, name, address):
    entry = replace(
        ENTRY,
        title=title,
        publisher=Agent(name=name, web=f"https://x.example/{address}"),
        keywords=(title,),
        documentation=(f"https://x.example/{address}",),
    )
    first, *others = graphs((graph.describe_entry(entry),))
    # XML knows one sort of line end only, so texts are compared where they hold no other.
    if "\r" not in title + name:
        assert all(isomorphic(first, other) for other in others)
    assert all(len(other) == len(first) for other in others)


@pytest.mark.parametrize(
    ("span", "words", "frequency"),
    [
        (timedelta(seconds=30), "PT30S", "1MIN"),
        (timedelta(minutes=15), "PT15M", "15MIN"),
        (timedelta(minutes=90), "PT1H30M", "BIHOURLY"),
        (timedelta(days=1), "P1D", "DAILY"),
        (timedelta(days=30), "P30D", "MONTHLY"),
        (timedelta(days=365), "P365D", "ANNUAL"),
        (timedelta(days=4000), "P4000D", "IRREG"),
    ],
)
def test_a_promise_is_said_as_a_duration_and_as_a_frequency_it_keeps(span, words, frequency):
    assert duration_of(span) == words
    assert frequency_of(span) == frequency


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", ""),
        ("*/*", ""),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ""),
        ("text/turtle", "ttl"),
        ("application/ld+json, text/html;q=0.2", "jsonld"),
        ("text/html, text/turtle;q=0.9", ""),
        ("application/rdf+xml;q=0.5, text/turtle;q=0.7", "ttl"),
        ("text/turtle;q=nan", ""),
        ("text/turtle;q=x", ""),
    ],
)
def test_rdf_is_given_to_who_prefers_it(accept, form):
    assert writing.best_form(accept) == form
