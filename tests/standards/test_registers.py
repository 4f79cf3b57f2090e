"""A column of a register's identifiers is known by its heading and its values together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards.registers import find_register


@pytest.mark.parametrize(
    ("heading", "values", "code"),
    [
        ("Ward code", ["E05011361", None, "E05011362"], "gss"),
        ("LSOA21CD", ["E01011229"], "gss"),
        ("UPRN", [72000001, 72000002], "uprn"),
        ("usrn", ["45700001"], "usrn"),
        ("Post Code", ["LS1 1UR", "LE1 6ZG"], "postcode"),
        ("atco_code", ["450010001"], "naptan"),
        ("Company Number", ["01234567"], "company"),
        ("charity number", ["1234567"], "charity"),
        ("Website", ["https://example.org/a"], "web"),
        ("wikidata", ["Q39121"], "wikidata"),
    ],
)
def test_a_column_of_identifiers_is_known(heading, values, code):
    assert find_register(heading, values).code == code


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("Trees", [72000001]),
        ("Ward", ["Armley", "Beeston"]),
        ("Ward code", [None, None]),
        ("UPRN", ["unknown", "72000001"]),
        ("Notes", ["see https://example.org"]),
    ],
)
def test_neither_a_heading_nor_values_alone_make_one(heading, values):
    assert find_register(heading, values) is None


@given(st.text(), st.lists(st.none() | st.text() | st.integers() | st.floats()))
def test_no_column_breaks_it(heading, values):
    find_register(heading, values)
