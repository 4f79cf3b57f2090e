"""A table's schema is written and read as Frictionless says; its own library takes it."""

import contextlib
import json

import frictionless
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards.frictionless import read_schema, write_schema
from moothall.values.observations import Column

TYPES = ("string", "integer", "number", "boolean", "date", "datetime")
columns = st.lists(
    st.builds(
        Column,
        name=st.text(min_size=1, max_size=20),
        type=st.sampled_from(TYPES),
        unit=st.text(alphabet="abc/3", max_size=5),
        meaning=st.text(alphabet="ab ", max_size=20).map(str.strip),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda column: column.name,
)


@given(columns)
def test_what_is_written_is_read_as_it_was(told):
    body = json.dumps(write_schema(told)).encode()
    assert read_schema(body) == tuple(told)
    assert [name for name, *_ in read_names(body)] == [column.name for column in told]


def read_names(body):
    """The fields as the library of Frictionless itself reads them."""
    return [(one.name, one.type) for one in frictionless.Schema(json.loads(body)).fields]


def test_our_own_schema_and_csv_are_valid_to_frictionless():
    told = (
        Column(name="id", type="integer"),
        Column(name="at", type="datetime"),
        Column(name="on", type="date"),
        Column(name="height", type="number", unit="m"),
        Column(name="alive", type="boolean"),
        Column(name="species", meaning="What it is"),
    )
    csv = "id,at,on,height,alive,species\n1,2026-01-05T09:15:00Z,2026-01-05,1.5,true,oak\n2,,,,,\n"
    resource = frictionless.Resource(
        data=csv.encode(), format="csv", schema=frictionless.Schema(write_schema(told))
    )
    report = resource.validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "note"])
    assert (
        not frictionless.Resource(
            data=csv.replace("1.5", "tall").encode(),
            format="csv",
            schema=frictionless.Schema(write_schema(told)),
        )
        .validate()
        .valid
    )


def test_a_package_of_one_table_says_its_schema_and_other_types_are_texts():
    said = {
        "fields": [{"name": "y", "type": "year"}, {"name": "g", "type": "geojson", "title": "G"}]
    }
    body = json.dumps({"resources": [{"name": "a", "schema": said}]}).encode()
    assert read_schema(b"\xef\xbb\xbf" + body) == (
        Column(name="y", type="integer"),
        Column(name="g", meaning="G"),
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"fields": []}',
        b'{"fields": [1]}',
        b'{"fields": [{"name": ""}]}',
        b'{"fields": [{"name": "a", "type": 1}]}',
        b'{"fields": [{"name": "a"}, {"name": "a"}]}',
        b'{"resources": [{}, {}]}',
        b" " * (1024 * 1024 + 1),
    ],
)
def test_what_is_no_schema_is_refused_in_a_sentence(body):
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$"):
        read_schema(body)


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["fields", "resources", "schema", "name", "type"]), inner
            )
        ),
    )
)
def test_no_json_breaks_it(said):
    with contextlib.suppress(ValueError):
        assert read_schema(json.dumps(said).encode())
