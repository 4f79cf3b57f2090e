"""A table of operations, written as OpenAPI."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator

from moothall.standards import openapi
from moothall.standards.openapi import Operation, Parameter

PARAMETERS = [
    {"name": "id", "in": "path", "required": True},
    {"name": "q", "in": "query", "required": False},
    {"name": "Range", "in": "header", "required": False},
]


def described(*operations):
    """Describe some operations."""
    return openapi.describe(
        operations, title="T", version="1", summary="S", root="https://a.example", groups={"g": "G"}
    )


def test_a_document_says_who_needs_a_key_and_what_is_sent():
    reads = Operation(id="r", path="/a", group="g", summary="Reads", gives=("text/csv",))
    writes = Operation(
        id="w", path="/a", group="g", summary="W", method="post", key=True,
        statuses={"201": "Made."}, takes="application/json", sends={"a": 1},
    )  # fmt: skip
    document = described(reads, writes)
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    both = document["paths"]["/a"]
    assert "security" not in both["get"]
    assert set(both["get"]["responses"]) == {"200", "400", "404", "429"}
    assert both["post"]["security"] == [{"key": []}]
    assert both["post"]["requestBody"]["content"]["application/json"]["example"] == {"a": 1}
    assert set(both["post"]["responses"]) == {"201", "400", "401", "404", "429"}


@pytest.mark.parametrize(
    ("text", "schema", "example"),
    [
        ("5", {"type": "integer"}, 5),
        ("1,2.5", {"type": "array", "items": {"type": "number"}}, [1.0, 2.5]),
        ("five", {"type": "integer"}, "five"),
        ("5", {"type": "string"}, "5"),
    ],
)
def test_an_example_is_what_its_schema_says(text, schema, example):
    said = openapi.parameter(Parameter(name="a", meaning="A.", example=text, schema=schema))
    assert said["example"] == example
    assert openapi.read(openapi.write(example), schema) == example


def test_where_there_is_no_example_none_is_made_up():
    assert "example" not in openapi.parameter(Parameter(name="a", meaning="A."))


@settings(max_examples=50)
@given(st.text(min_size=1), st.text())
def test_an_address_holds_what_is_given_and_nothing_that_breaks_out(id, words):
    address = openapi.address_of("/data/{id}.csv", PARAMETERS, {"id": id, "q": words})
    path, _, query = address.partition("?")
    assert path.startswith("/data/")
    assert path.endswith(".csv")
    assert bool(query) == bool(words)
    assert not set(address) & set("<>\"' \n")


def test_without_what_it_needs_there_is_no_address():
    assert openapi.address_of("/data/{id}.csv", PARAMETERS, {"q": "a"}) is None
    assert openapi.address_of("/a", PARAMETERS[1:], {"Range": "bytes=0-1"}) == "/a"
