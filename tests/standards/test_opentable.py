"""Any open table is read by a layout; what is not there is said in a sentence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards.opentable import FORMATS, KEY, Layout, read_number, read_one, read_rows


def rows(body, columns, **layout):
    return [row for _, row in read_rows(body, Layout(**layout), columns)]


def test_csv_with_semicolons_a_byte_order_mark_and_lines_before_its_heading():
    body = b"\xef\xbb\xbfStand: 7.10.2023\r\nid;Stra\xc3\x9fe\r\nM1;Neckarstra\xc3\x9fe\r\n"
    found = rows(body, ("id", "Straße"), format="csv", delimiter=";", skip_lines=1)
    assert found == [{"id": "M1", "Straße": "Neckarstraße"}]


def test_csv_without_a_heading_is_read_by_number():
    assert rows(b"a,1\nb,2\n", ("1", "2"), format="csv", heading=False) == [
        {"1": "a", "2": "1"},
        {"1": "b", "2": "2"},
    ]


def test_csv_in_the_older_encoding_of_windows():
    assert rows("id\nSüd\n".encode("cp1252"), ("id",), format="csv") == [{"id": "Süd"}]


def test_a_missing_column_is_named_with_those_there_are_and_the_likely_slip():
    with pytest.raises(ValueError, match=r'no column "id"; .* id;name .*parts the col'):
        rows(b"id;name\n1;a\n", ("id",), format="csv")


def test_json_nested_under_a_name_or_keyed_by_id():
    nested = json.dumps({"data": {"items": [{"a": {"b": [3, 4]}}]}}).encode()
    assert rows(nested, ("a.b.1",), format="json", rows="data.items") == [{"a.b.1": 4}]
    keyed = b'{"P1": {"free": 3}, "P2": {"free": 0}}'
    assert rows(keyed, (KEY, "free"), format="json") == [
        {KEY: "P1", "free": 3},
        {KEY: "P2", "free": 0},
    ]
    with pytest.raises(ValueError, match='no list of rows at "rows"; the file holds data'):
        rows(nested, ("a",), format="json", rows="rows")


def test_geojson_gives_its_properties_and_its_position():
    body = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "id": "f1",
                    "properties": {"name": "A"},
                    "geometry": {"type": "Point", "coordinates": [9.2, 48.8]},
                }
            ],
        }
    ).encode()
    assert rows(body, ("id", "name"), format="geojson") == [
        {"id": "f1", "name": "A", "@lon": 9.2, "@lat": 48.8}
    ]


XML = b"""<feed xmlns="urn:x"><time>2013-10-06T09:25:11</time>
<situation id="C1"><where><latitude>55.8</latitude></where><taken> 327
</taken></situation></feed>"""


def test_xml_gives_elements_ways_and_attributes_whatever_its_namespace():
    found = rows(XML, ("@id", "where/latitude", "taken", "gone"), format="xml", rows="situation")
    assert found == [{"@id": "C1", "where/latitude": "55.8", "taken": "327", "gone": None}]
    assert read_one(XML, Layout(format="xml", rows="situation"), "time") == "2013-10-06T09:25:11"


def test_xml_without_such_rows_says_which_elements_there_are():
    with pytest.raises(ValueError, match="there are feed, time, situation"):
        rows(XML, ("@id",), format="xml", rows="carpark")


def test_xml_may_not_declare_a_document_type():
    with pytest.raises(ValueError, match="document type"):
        rows(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', ("a",), format="xml", rows="a")


@pytest.mark.parametrize(
    ("said", "decimal", "number"),
    [
        ("68,4", ",", 68.4),
        ("1.234,5", ",", 1234.5),
        ("1,234.5", ".", 1234.5),
        ("1 234,5", ",", 1234.5),
        ("1'234.5", ".", 1234.5),
        ("-3", ".", -3.0),
        (7, ",", 7.0),
        (None, ".", None),
    ],
)
def test_a_number_is_read_as_its_country_writes_it(said, decimal, number):
    assert read_number(said, decimal=decimal) == number


@pytest.mark.parametrize(
    ("said", "decimal"),
    [("1.5", ","), ("1,5", "."), ("", "."), ("a", "."), ("nan", "."), (1e400, ".")],
)
def test_what_is_no_number_of_that_country_is_refused_and_never_read_tenfold(said, decimal):
    with pytest.raises(ValueError, match=r"."):
        read_number(said, decimal=decimal)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.sampled_from(".,"))
def test_any_number_comes_back_as_it_was_written(number, decimal):
    written = f"{number:f}".replace(".", decimal)
    assert read_number(written, decimal=decimal) == pytest.approx(float(f"{number:f}"))


@given(st.sampled_from(FORMATS), st.binary(max_size=300))
def test_any_bytes_at_all_are_rows_or_a_sentence(form, body):
    try:
        found = rows(body, ("id",), format=form, rows="a" if form == "xml" else "")
    except ValueError:
        return
    assert all(isinstance(row, dict) for row in found)
