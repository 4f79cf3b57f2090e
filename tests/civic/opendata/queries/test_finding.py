"""Datasets are found by words and by what they are, and each question has one address."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.civic.opendata.rules.test_quality import GOOD

from moothall.civic.opendata.queries import finding
from moothall.civic.opendata.queries.datasets import Dataset, Freshness
from moothall.civic.opendata.queries.finding import Question
from moothall.civic.opendata.rules import quality
from moothall.kernel.keeping import kept
from moothall.kernel.places import queries as places
from moothall.values.observations import Column

AT = datetime(2026, 1, 5, tzinfo=UTC)
TREES = Dataset(
    name="table.trees",
    title="Street trees",
    summary="Each tree the city plants.",
    source="table",
    rows=10,
    columns=(Column(name="species"),),
    formats=("csv", "geojson"),
    publisher_names=("Parks & Gardens",),
    licences=("OGL-UK-3.0",),
    attribution="",
    theme="ENVI",
    freshness=Freshness.KEPT,
    modified_at=AT,
)
BINS = replace(
    TREES,
    name="table.bins",
    title="Litter bins",
    summary="Where to throw it.",
    rows=500,
    formats=("csv",),
    publisher_names=("Highways",),
    licences=("CC-BY-4.0",),
    columns=(Column(name="size"),),
    modified_at=AT + timedelta(days=1),
)
BUDGET = replace(
    BINS, name="table.budget", title="Budget", summary="What is spent.", theme="ECON", rows=3
)
SHELF = finding.shelve((BUDGET, BINS, TREES))
NOTHING = dict.fromkeys(finding.FACETS, "")


def names(words="", order="", **chosen):
    """The names of what is found, in order."""
    question = Question(words=words, chosen={**NOTHING, **chosen}, order=order)
    return [one.name.removeprefix("table.") for one in finding.find(SHELF, question).datasets]


def test_without_a_question_everything_is_found_by_title():
    assert names() == ["budget", "bins", "trees"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("tree", ["trees"]),
        ("treees", ["trees"]),
        ("species", ["trees"]),
        ("gardens", ["trees"]),
        ("environment", ["bins", "trees"]),
        ("litter highways", ["bins"]),
        ("litter trees", []),
        ("rubbish", ["bins"]),
        ("woodland", ["trees"]),
        ("spending", []),
        ("!?", ["budget", "bins", "trees"]),
    ],
)
def test_every_word_must_be_met_and_slips_are_forgiven(words, found):
    assert sorted(names(words)) == sorted(found)


def test_facets_leave_what_has_them_all():
    assert names(theme="ENVI") == ["bins", "trees"]
    assert names(theme="ENVI", format="geojson") == ["trees"]
    assert names(publisher="parks-gardens") == ["trees"]
    assert names(licence="CC-BY-4.0", theme="ECON") == ["budget"]
    assert names(theme="NONE") == []


def test_the_order_can_be_chosen():
    assert names(order="largest") == ["bins", "trees", "budget"]
    assert names(order="newest") == ["budget", "bins", "trees"]


def test_a_word_that_is_met_itself_comes_before_one_that_is_only_meant():
    meant = replace(BUDGET, name="table.tips", title="Refuse tips", publisher_names=("Parks",))
    shelf = finding.shelve((meant, BINS))
    found = finding.find(shelf, Question(words="bins", chosen=NOTHING)).datasets
    assert [one.name for one in found] == ["table.bins", "table.tips"]


def test_the_best_made_and_the_most_used_can_come_first():
    scores = tuple(
        quality.score(measured)
        for measured in (GOOD, replace(GOOD, columns_told=0), replace(GOOD, codes=0))
    )
    used = {"table.trees": 9, "table.bins": 20}
    shelf = finding.shelve((BUDGET, BINS, TREES), scores, used)

    def order(name, **chosen):
        found = finding.find(shelf, Question(chosen={**NOTHING, **chosen}, order=name))
        return [one.name.removeprefix("table.") for one in found.datasets]

    assert order("quality") == ["budget", "trees", "bins"]
    assert order("used") == ["bins", "trees", "budget"]
    assert order("", quality="90") == ["budget", "bins", "trees"]
    assert order("", quality="50") == []


@pytest.mark.django_db
def test_datasets_are_found_by_a_place_their_rows_are_at(client, probes):
    def found(within):
        kept.forget()
        page = client.get("/data/", {"within": within}).content.decode()
        return set(re.findall(r'<th scope="row"><a href="/data/([^/]+)/"', page))

    assert found("-1.51,53.79,-1.49,53.81") == {"probe.readings", "probe.thing"}
    assert found("-1.4,53.79,-1.3,53.81") == set()
    assert len(found("")) == 5
    ward = next(iter(places.list_wards()))
    assert found(ward.gss) == found(ward.name)
    for text in ("nowhere", "1,2,3", "nan,1,2,3", "5,5,1,1"):
        assert client.get("/data/", {"within": text}).status_code == 400


def test_a_facet_counts_what_choosing_it_would_leave_and_can_be_let_go():
    question = Question(chosen={**NOTHING, "theme": "ENVI"})
    facets = {one.name: one for one in finding.find(SHELF, question).facets}
    themes = {one.value: one for one in facets["theme"].options}
    assert (themes["ENVI"].count, themes["ECON"].count) == (2, 1)
    assert themes["ENVI"].url == "/data/"
    assert themes["ECON"].url == "/data/?theme=ECON"
    assert {one.value: one.count for one in facets["format"].options} == {"csv": 2, "geojson": 1}
    assert facets["format"].options[1].url == "/data/?theme=ENVI&format=geojson"


@given(st.dictionaries(st.sampled_from([*finding.FACETS]), st.text(max_size=5)), st.text())
def test_each_count_is_what_its_address_finds(chosen, words):
    from urllib.parse import parse_qs, urlsplit

    question = Question(words=words, chosen={**NOTHING, **chosen})
    for facet in finding.find(SHELF, question).facets:
        for option in facet.options:
            if not option.chosen:
                asked = parse_qs(urlsplit(option.url).query)
                again = Question(
                    words=asked.get("q", [""])[0],
                    chosen={name: asked.get(name, [""])[0] for name in finding.FACETS},
                )
                assert len(finding.find(SHELF, again).datasets) == option.count


@pytest.mark.django_db
def test_the_page_finds_by_words_and_facets_without_a_script(client, probes):
    page = client.get("/data/?q=readings&utm_source=x").content.decode()
    assert 'href="/data/probe.readings/"' in page
    assert 'href="/data/probe.thing/"' not in page
    assert "utm_source" not in page
    page = client.get("/data/?format=geojson&publisher=the-probe-office").content.decode()
    assert 'aria-current="true"' in page
    page = client.get("/data/?q=nothingofthesort").content.decode()
    assert "No dataset meets all of that." in page
    assert client.get("/data/?page=%D9%A3&sort=x&theme=%ff").status_code == 200
