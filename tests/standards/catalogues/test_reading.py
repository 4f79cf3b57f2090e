"""Strangers' catalogues, in every form, whole and spoilt: what can be read is, the rest is told."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moothall.standards.catalogues import reading
from moothall.values.observations import Severity

URL = "https://data.example/api/3/action/package_search?rows=2&start=0"
OGL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
PACKAGE = {
    "id": "0b1", "name": "river-levels", "title": "River levels", "state": "active",
    "private": False, "notes": "Levels of <b>rivers</b>.", "license_id": "uk-ogl",
    "organization": {"name": "ea", "title": "Environment Agency"},
    "groups": [{"name": "environment"}], "tags": [{"name": "flood"}, {"display_name": "river"}],
    "metadata_created": "2024-01-02T03:04:05.678901", "metadata_modified": "2024-05-06T07:08:09",
    "extras": [{"key": "frequency", "value": "R/P1M"},
               {"key": "contact_email", "value": "rivers@ea.example"},
               {"key": "spatial", "value": '{"type":"Polygon","coordinates":'
                                           "[[[-2,53],[-1,53],[-1,54],[-2,54],[-2,53]]]}"}],
    "resources": [{"url": "https://data.example/levels.csv", "format": "CSV", "size": 120,
                   "name": "All levels"},
                  {"url": "https://data.example/levels", "format": "HTML"}],
}  # fmt: skip
DATAPRESS = {
    "id": "2gpp0", "title": " Council spending ", "sharing": "public",
    "webpage": "https://north.example/dataset/council-spending-2gpp0",
    "description": "<dp-prose><p>All of it.</p><p>Each month.</p></dp-prose>",
    "createdAt": "2013-01-01T15:09:22.000Z", "updatedAt": "2026-07-30T07:43:11.456Z",
    "contact": {"title": "Finance", "email": "finance@north.example"},
    "resources": [{"url": "https://north.example/download/June%202026.csv", "size": 61,
                   "filename": "June 2026.CSV", "title": "June"}],
}  # fmt: skip
ODS = {
    "dataset_id": "wards", "has_records": True, "features": ["geo"], "visibility": "domain",
    "attachments": [], "metas": {"default": {
        "title": "Wards", "description": "<p>21 wards</p>", "theme": ["Transport, Movements"],
        "keyword": ["ward"], "license": "Open Government Licence v3.0", "language": "en",
        "modified": "2024-05-02T09:00:00+00:00", "publisher": "City Council"}},
}  # fmt: skip
POD = {
    "identifier": "w-1", "title": "Widgets", "description": "Of all sorts", "accessLevel": "public",
    "publisher": {"name": "Widget Office"}, "license": OGL, "keyword": ["widget"],
    "contactPoint": {"fn": "Jo", "hasEmail": "mailto:jo@widgets.example"},
    "modified": "2024-02-03", "temporal": "2020-01-01/2021-01-01", "spatial": "-2,53,-1,54",
    "accrualPeriodicity": "R/P1W", "theme": ["Transport"],
    "distribution": [{"downloadURL": "https://widgets.example/w.csv", "mediaType": "text/csv"}],
}  # fmt: skip
TTL = f"""
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix hydra: <http://www.w3.org/ns/hydra/core#> .
<https://d.example/> a dcat:Catalog ; dcat:dataset <https://d.example/trees#d> .
<https://d.example/c.ttl> hydra:nextPage "https://d.example/c.ttl?page=2" .
<https://d.example/trees#d> a dcat:Dataset ; dct:title "Arbres"@fr, "Trees"@en ;
  dct:description "Every tree" ; dct:publisher [ foaf:name "Parks" ] ; dct:license <{OGL}> ;
  dcat:theme <http://publications.europa.eu/resource/authority/data-theme/ENVI> ;
  dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/ANNUAL> ;
  dcat:distribution [ dcat:downloadURL <https://d.example/t.csv> ; dct:format "CSV" ] .
"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dcat="http://www.w3.org/ns/dcat#" xmlns:dct="http://purl.org/dc/terms/">
<dcat:Dataset rdf:about="https://d.example/cafés"><dct:title>Cafés</dct:title></dcat:Dataset>
</rdf:RDF>"""
LINKED = {
    "@context": {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/"},
    "@graph": [{"@id": "https://d.example/1", "@type": "dcat:Dataset", "dct:title": "One"}],
}


def read(said, **more):
    """Read what is given as JSON or as it stands."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return reading.read(body, **more)


def search(*packages, count=None):
    """An answer of CKAN's search."""
    return {"success": True, "result": {"count": count or len(packages), "results": [*packages]}}


def whats(answer):
    """What is said to be wrong."""
    return [issue.what for issue in answer.issues]


def test_ckan_says_what_a_package_is():
    answer = read(search(PACKAGE), url=URL)
    (one,) = answer.entries
    assert (answer.form, list(answer.issues)) == ("ckan", [])
    assert (one.identifier, one.title, one.summary) == ("0b1", "River levels", "Levels of rivers.")
    assert (one.licence, one.publisher) == ("OGL-UK-3.0", "Environment Agency")
    assert (one.themes, one.keywords) == (("ENVI",), ("flood", "river"))
    assert one.contact_email == "rivers@ea.example"
    assert one.every.days == 30
    assert (one.box.west, one.box.north) == (-2, 54)
    assert one.landing_page == "https://data.example/dataset/river-levels"
    assert [(f.form, f.size, f.is_page) for f in one.files] == [
        ("csv", 120, False), ("html", None, True),
    ]  # fmt: skip
    assert one.issued_at.isoformat() == "2024-01-02T03:04:05.678901+00:00"


def test_the_first_page_of_ckan_names_all_the_others_and_no_other_page_does():
    page = search(PACKAGE, {**PACKAGE, "id": "2"}, count=5)
    first = read(page, url=URL)
    assert [one.partition("?")[2] for one in first.more] == ["rows=2&start=2", "rows=2&start=4"]
    assert read(page, url=first.more[0]).more == ()


def test_one_package_a_list_of_them_and_an_index_are_ckan_too():
    index = {"response": {"docs": [{"name": "x", "validated_data_dict": json.dumps(PACKAGE)}]}}
    shown = {"success": True, "result": PACKAGE}
    for said in (shown, [PACKAGE], index):
        assert [one.title for one in read(said, url=URL).entries] == ["River levels"]
    names = read({"success": True, "result": ["a", "b"]}, url="https://c.example/api/3/action/p")
    assert names.more == ("https://c.example/api/3/action/package_search?rows=1000&start=0",)


def test_what_ckan_refuses_is_said_in_its_words():
    with pytest.raises(ValueError, match="Not authorised"):
        read({"success": False, "error": {"message": "Not authorised"}})


def test_what_is_not_public_is_left_out_and_told():
    answer = read(search(PACKAGE, {**PACKAGE, "id": "2", "private": True}), url=URL)
    assert len(answer.entries) == 1
    assert whats(answer) == ["it is not public: left out"]
    shared = read([DATAPRESS, {**DATAPRESS, "id": "2", "sharing": "private"}])
    assert [one.identifier for one in shared.entries] == ["2gpp0"]


def test_datapress_is_read_as_it_is_served():
    answer = read([DATAPRESS])
    (one,) = answer.entries
    assert (answer.form, one.title) == ("datapress", "Council spending")
    assert one.summary == "All of it.\nEach month."
    assert (one.publisher, one.contact_email) == ("Finance", "finance@north.example")
    assert [(f.form, f.title) for f in one.files] == [("csv", "June")]


def test_opendatasoft_is_read_and_its_files_are_its_exports():
    url = "https://o.example/api/explore/v2.1/catalog/datasets?limit=100&offset=0"
    answer = read({"total_count": 3, "results": [ODS]}, url=url)
    (one,) = answer.entries
    assert (answer.form, one.themes, one.licence) == ("opendatasoft", ("TRAN",), "OGL-UK-3.0")
    assert one.landing_page == "https://o.example/explore/dataset/wards/"
    assert [f.form for f in one.files] == ["csv", "json", "geojson", "parquet"]
    assert one.files[0].url.endswith("/catalog/datasets/wards/exports/csv")
    assert [more.rpartition("offset=")[2] for more in answer.more] == ["1", "2"]


def test_data_json_is_read_as_an_object_a_list_and_one_dataset():
    for said in ({"dataset": [POD]}, [POD], POD):
        (one,) = read(said).entries
        assert (one.identifier, one.contact_email) == ("w-1", "jo@widgets.example")
        assert (one.first_at.year, one.last_at.year, one.every.days) == (2020, 2021, 7)
        assert (one.box.south, one.themes, one.files[0].form) == (53, ("TRAN",), "csv")


def test_a_graph_is_read_with_its_next_page():
    answer = read(TTL.encode(), url="https://d.example/c.ttl")
    (one,) = answer.entries
    assert (answer.form, one.title, one.publisher) == ("ttl", "Trees", "Parks")
    assert (one.themes, one.every.days, one.licence) == (("ENVI",), 366, "OGL-UK-3.0")
    assert answer.more == ("https://d.example/c.ttl?page=2",)
    (linked,) = read(LINKED).entries
    assert (linked.title, linked.landing_page) == ("One", "https://d.example/1")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_letters_are_read_in_whatever_encoding_they_come(encoding):
    declared = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>{RDF}'
    (one,) = read(declared.encode(encoding)).entries
    assert one.title == "Cafés"
    (one,) = read(
        json.dumps([{**POD, "title": "Cafés"}], ensure_ascii=False).encode(encoding)
    ).entries
    assert one.title == "Cafés"


def test_a_context_that_stands_elsewhere_is_not_fetched_and_its_names_are_still_read(monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("it was fetched"))
    for elsewhere in ("http://169.254.169.254/latest", ["/ours.jsonld"], {"@import": "http://x/"}):
        said = {"@context": elsewhere, "@type": "Dataset", "@id": "https://d.example/1",
                "title": "One", "contactPoint": {"fn": "Jo"}}  # fmt: skip
        answer = read(said, form="jsonld")
        assert [(one.title, one.contact_name) for one in answer.entries] == [("One", "Jo")]
        assert "stands elsewhere" in whats(answer)[0]


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2024-02-03", "2024-02-03"),
        ("2024-02", "2024-02-01"),
        ("03/02/2024", "2024-02-03"),
        ("2024-02-03T23:30:00-05:00", "2024-02-04"),
        ("2024-02-03 09:00:00 UTC", "2024-02-03"),
        ("Sat, 03 Feb 2024 09:00:00 GMT", "2024-02-03"),
        (1706950800000, "2024-02-03"),
        ("yesterday", None),
        ("0000-00-00", None),
        ("9999-12-31", None),
    ],
)
def test_a_date_is_read_however_it_is_written_or_not_at_all(said, day):
    answer = read([{**POD, "modified": said}])
    at = answer.entries[0].modified_at
    assert (at and at.date().isoformat()) == day
    assert bool(answer.issues) is (day is None)


def test_what_a_form_says_in_its_own_way_is_understood():
    (one,) = read([{**POD, "modified": "R/P1D", "accrualPeriodicity": None}]).entries
    assert (one.modified_at, one.every.days) == (None, 1)
    (one,) = read([{**POD, "title": {"de": "Bäume"}, "keyword": [{"@value": "tree"}]}]).entries
    assert (one.title, one.keywords) == ("Bäume", ("tree",))
    many = read({"total_count": 20_000, "results": [ODS]}, url="https://o.example/datasets")
    assert not many.whole


def test_one_spoilt_dataset_takes_no_other_with_it():
    spoilt = [POD, 7, {"title": None}, {**POD, "identifier": "w-2", "modified": "31/31/2024"},
              {**POD, "identifier": "W-1"}, {"identifier": "w-3"}]  # fmt: skip
    answer = read(spoilt)
    assert [one.identifier for one in answer.entries] == ["w-1", "w-2", "w-3"]
    assert [one.title for one in answer.entries] == ["Widgets", "Widgets", "w-3"]
    refused = [i for i in answer.issues if i.severity is not Severity.INFO]
    assert [i.what for i in refused] == [
        "it is no dataset",
        "it has no identifier, no title and no page",
        "it is listed twice under one identifier: the first stands",
    ]
    assert "modified: not a date: '31/31/2024'" in whats(answer)


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "https://user:pw@x.example/", "http://[::1", "x y"],
)
def test_nobody_is_sent_where_a_stranger_means_harm(address):
    said = {**POD, "landingPage": address, "distribution": [{"downloadURL": address}]}
    answer = read([said])
    (one,) = answer.entries
    assert (one.landing_page, one.files) == ("", ())
    assert sum("leads nowhere a person may be sent" in what for what in whats(answer)) == 2


def test_a_scheme_that_stands_before_a_whole_address_is_taken_away():
    (one,) = read([{**POD, "landingPage": "http://https://www.gov.uk/a b"}]).entries
    assert one.landing_page == "https://www.gov.uk/a%20b"


def test_markup_becomes_words():
    said = "<script>alert(1)</script><p>Less than <5 &amp; more<br>lines</p><iframe src=x></iframe>"
    (one,) = read([{**POD, "title": "<b>W</b>\n", "description": said}]).entries
    assert (one.title, one.summary) == ("W", "Less than <5 & more\nlines")


def test_what_is_cut_short_is_read_as_far_as_it_goes_and_said_not_to_be_whole():
    more = "".join(
        f'<https://d.example/{n}> a dcat:Dataset ; dct:title "{n}" .\n' for n in range(9)
    )
    answer = read((TTL + more + "<https://d.example/99> a dcat:Da").encode())
    assert not answer.whole
    assert len(answer.entries) == 9
    assert any("cannot be read to its end" in what for what in whats(answer))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html><title>Sorry</title>",
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
        b"<r>" * 5_000,
        b'{"a":' * 5_000,
        b'[{"@id":"x","y":' + b'{"@id":"x","z":' * 400 + b"1" + b"}" * 401 + b"]",
        b'{"total_count": 1, "results": 7}',
        b'[{"title":"cut sh',
        b"\x00\x01\x02 nothing of the kind",
        b"@prefix dct: <http://purl.org/dc/terms/> . <x:a> dct:title " + b"[ dct:title " * 5_000,
    ],
)
def test_what_is_no_catalogue_is_refused_with_a_sentence(body):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        reading.read(body)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*PACKAGE, *POD, *DATAPRESS, "@value", "name"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("form", ["ckan", "datapress", "opendatasoft", "pod"])
@settings(max_examples=40)
@given(data=st.data())
def test_whatever_stands_in_a_field_the_others_are_read(form, data):
    whole = {"ckan": PACKAGE, "datapress": DATAPRESS, "opendatasoft": ODS, "pod": POD}[form]
    spoilt = {**whole, data.draw(st.sampled_from(sorted(whole))): data.draw(values)}
    if form == "opendatasoft":
        said = {"total_count": 1, "results": [spoilt, {**ODS, "dataset_id": "sound"}]}
    else:
        sound = {**whole, ("identifier" if form == "pod" else "id"): "sound"}
        said = search(spoilt, sound) if form == "ckan" else [spoilt, sound]
    answer = reading.read(json.dumps(said).encode(), url=URL, form=form)
    assert "sound" in [one.identifier for one in answer.entries]


@pytest.mark.parametrize(
    ("url", "form", "first"),
    [
        ("https://x.example", "ckan", "https://x.example/api/3/action/package_search?rows=1000&start=0"),
        ("https://x.example/a/package_search", "ckan",
         "https://x.example/a/package_search?rows=1000&start=0"),
        ("https://x.example/", "opendatasoft",
         "https://x.example/api/explore/v2.1/catalog/datasets?limit=100&offset=0"),
        ("https://x.example/", "datapress", "https://x.example/api/v3/datasets/export.json"),
        ("https://x.example/", "pod", "https://x.example/data.json"),
        ("https://x.example/c.ttl", "ttl", "https://x.example/c.ttl"),
    ],
)  # fmt: skip
def test_of_a_bare_portal_the_address_of_its_list_is_asked_for(url, form, first):
    assert reading.first_address(url, form) == first
