"""Whatever a publisher's file has become, it is read as far as it can be, or refused whole."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.civic.tables.feeds.test_open_table import CSV, read

from moothall.values.issues import KEPT

ROWS = [
    {
        "Messstelle": f"m{number}",
        "Bezeichnung": "Am Tor",
        "Zeit": "07.10.2023 13:50",
        "Breite": "48,7",
        "Länge": "9,2",
        "Pegel": "68,4",
        "Straße": "Am Tor",
    }
    for number in range(3)
]
FORMATS = {
    "csv": CSV.read_bytes(),
    "json": json.dumps(ROWS).encode(),
    "geojson": json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {"properties": row, "geometry": {"type": "Point", "coordinates": [9.2, 48.7]}}
                for row in ROWS
            ],
        }
    ).encode(),
    "xml": "<d>{}</d>".format(
        "".join(
            "<r>" + "".join(f"<{name}>{said}</{name}>" for name, said in row.items()) + "</r>"
            for row in ROWS
        )
    ).encode(),
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*ROWS[0], "properties", "geometry"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def read_or_refuse(body, format_):
    try:
        return read(body, format=format_, rows="r" if format_ == "xml" else "")
    except ValueError:
        return None


@pytest.mark.parametrize("format_", FORMATS)
def test_whole_it_is_read_without_an_issue_of_the_file(format_):
    assert read_or_refuse(FORMATS[format_], format_).observations


@pytest.mark.parametrize("format_", FORMATS)
@settings(max_examples=30)
@given(data=st.data())
def test_cut_short_or_overwritten_it_is_read_in_part_or_refused(format_, data):
    body = bytearray(FORMATS[format_])
    for _ in range(data.draw(st.integers(0, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))

    batch = read_or_refuse(bytes(body[:cut]), format_)

    assert batch is None or len(batch.observations) <= 3


@pytest.mark.parametrize("format_", ["json", "geojson"])
@settings(max_examples=30)
@given(VALUES)
def test_json_of_another_shape_is_read_or_refused(format_, value):
    body = json.dumps({"features": value} if format_ == "geojson" else value).encode()

    batch = read_or_refuse(body, format_)

    assert batch is None or not batch.observations or batch.records


def test_of_a_hundred_thousand_rows_that_are_none_few_issues_are_made():
    batch = read(b"[" + b"7," * 99_999 + b"7]", format="json")

    assert sum(issue.count for issue in batch.issues) == 100_000
    assert len(batch.issues) == KEPT + 1
    assert not batch.complete
