"""Boxes, times, limits and forms as addresses write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards.ogcapi import parameters
from moothall.standards.ogcapi.crs import BRITISH, CRS84, MERCATOR, WGS84
from moothall.standards.ogcapi.parameters import UnableToRead

FORMS = (("json", "application/geo+json"), ("html", "text/html"))


def box(text, system=CRS84):
    found = parameters.read_bounds(text, system)
    return (found.west, found.south, found.east, found.north)


def test_a_box_is_read_in_the_order_of_its_systems_axes():
    assert box("-1.6,53.7,-1.4,53.9") == (-1.6, 53.7, -1.4, 53.9)
    assert box("53.7,-1.6,53.9,-1.4", WGS84) == (-1.6, 53.7, -1.4, 53.9)
    assert box("430000,433000,431000,434000", BRITISH) == (430000, 433000, 431000, 434000)


def test_heights_are_read_and_left_out():
    assert box("-1.6,53.7,-10,-1.4,53.9,1e3") == (-1.6, 53.7, -1.4, 53.9)


def test_a_box_over_the_antimeridian_is_two():
    found = parameters.read_bounds("170,-50,-170,-30", CRS84)
    assert found.parts == ((170, -50, 180, -30), (-180, -50, -170, -30))


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("", CRS84),
        ("1,2,3", CRS84),
        ("1,2,3,4,5", CRS84),
        ("1,2,3,x", CRS84),
        ("1,2,3,nan", CRS84),
        ("1,2,3,1e999", CRS84),
        ("1,2,3,٣", CRS84),
        ("0,50,1,40", CRS84),
        ("0,0,5,1,1,-5", CRS84),
        ("0,0,181,1", CRS84),
        ("0,-91,1,1", CRS84),
        ("53.7,-1.6,153.9,-1.4", WGS84),
        ("431000,433000,430000,434000", BRITISH),
        ("0,0,1e8,1", BRITISH),
        ("0,0,1,3e7", MERCATOR),
    ],
)
def test_what_is_no_box_is_refused_by_name(text, system):
    with pytest.raises(UnableToRead) as fault:
        parameters.read_bounds(text, system)
    assert fault.value.parameter == "bbox"


def span(text):
    found = parameters.read_interval(text)
    return (found.from_at, found.until_at)


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_an_instant_is_a_span_of_no_length_and_a_day_lasts_a_day():
    assert span("2026-01-05T09:15:00Z") == (at(2026, 1, 5, 9, 15),) * 2
    assert span("2026-01-05T09:15:00.5+01:00") == (at(2026, 1, 5, 8, 15, 0, 500_000),) * 2
    assert span("2026-01-05T09:15:00 01:00") == (at(2026, 1, 5, 8, 15),) * 2
    assert span("2026-01-05") == (at(2026, 1, 5), at(2026, 1, 5, 23, 59, 59, 999_999))


def test_a_span_may_be_open_at_one_end():
    assert span("2026-01-05T00:00:00Z/..") == (at(2026, 1, 5), None)
    assert span("/2026-01-05T00:00:00Z") == (None, at(2026, 1, 5))
    assert span("2026-01-05/2026-01-06T00:00:00Z") == (at(2026, 1, 5), at(2026, 1, 6))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "../..",
        "/",
        "2026",
        "2026-13-01T00:00:00Z",
        "2026-01-05T00:00:00",
        "2026-01-05T24:00:01Z",
        "2026-01-06T00:00:00Z/2026-01-05T00:00:00Z",
        "2026-01-05/2026-01-06/2026-01-07",
        "now",
        "0001-01-01T00:00:00+23:59",
        "٢٠٢٦-01-05",
    ],
)
def test_what_is_no_time_is_refused_by_name(text):
    with pytest.raises(UnableToRead) as fault:
        parameters.read_interval(text)
    assert fault.value.parameter == "datetime"


@given(st.text(max_size=60))
def test_no_text_is_read_as_a_box_or_a_time_by_accident(text):
    for read in (parameters.read_interval, lambda t: parameters.read_bounds(t, CRS84)):
        with pytest.raises(UnableToRead):
            read(f"x{text}")


def test_more_than_are_given_at_a_time_is_as_many_as_are_given():
    assert parameters.read_limit("7", most=10) == 7
    assert parameters.read_limit("9" * 40, most=10) == 10


@pytest.mark.parametrize("text", ["0", "-1", "", "1.5", "ten", "٣", "1e3"])
def test_what_is_no_limit_is_refused(text):
    with pytest.raises(UnableToRead):
        parameters.read_limit(text, most=10)


def test_systems_are_named_by_uri_or_in_brackets():
    assert parameters.read_crs("crs", BRITISH.uri) is BRITISH
    assert parameters.read_crs("crs", "[EPSG:27700]") is BRITISH
    assert parameters.read_crs("crs", MERCATOR.uri.replace("http:", "https:")) is MERCATOR
    with pytest.raises(UnableToRead):
        parameters.read_crs("crs", "EPSG:1234")


@pytest.mark.parametrize(
    ("asked", "accept", "form"),
    [
        (None, "", "json"),
        (None, "*/*", "json"),
        (None, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
        (None, "application/geo+json", "json"),
        (None, "text/html;q=0.1, application/*", "json"),
        (None, "text/*, application/geo+json;q=0", "html"),
        (None, "application/json, text/html;q=0.5", "json"),
        (None, "application/geo+json;q=0, application/json, text/html;q=0.5", "html"),
        (None, "image/png", None),
        (None, "text/html;q=nonsense", None),
        ("html", "application/geo+json", "html"),
        ("application/geo+json", "text/html", "json"),
    ],
)
def test_the_form_is_as_asked_or_else_as_preferred(asked, accept, form):
    assert parameters.choose_form(asked, accept, FORMS) == form


def test_a_form_there_is_not_is_refused():
    with pytest.raises(UnableToRead):
        parameters.choose_form("xml", "", FORMS)
