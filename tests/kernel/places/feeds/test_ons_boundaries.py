"""Boundaries are read feature by feature, and a bad one costs only itself."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.kernel.places.feeds import ons_boundaries
from moothall.values.observations import Severity
from moothall.values.requests import Payload, Request

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
FIXTURE = Path(__file__).with_name("ons_boundaries.json").read_bytes()
ROLE = "ward"
PARAMS = {
    "city": {"name": "Leeds", "gss": "E08000035"},
    "layers": [
        {
            "level": "ward",
            "vintage": "2024",
            "from_on": date(2024, 12, 31),
            "url": "https://example.org/wards?where=1%3D1&f=geojson",
            "code": ["WD24CD", "ward_code"],
            "name": ["WD24NM", "ward_name"],
        },
        {"level": "lsoa", "url": "https://example.org/lsoa", "code": "LSOA21CD", "name": "x"},
    ],
}


def read(body: bytes, role: str = ROLE):
    request = Request(url=PARAMS["layers"][0]["url"], role=role)
    return ons_boundaries.parse(Payload(body=body, request=request, fetched_at=NOW), PARAMS)


def test_each_layer_of_the_pack_is_asked_for_by_its_level():
    asked = list(ons_boundaries.requests(PARAMS))
    assert [request.role for request in asked] == ["ward", "lsoa"]
    assert list(ons_boundaries.requests({"city": {}})) == []


def test_good_features_are_areas_under_either_name_of_a_property():
    records = read(FIXTURE).records
    assert [record.id for record in records] == ["E05999001", "E05999002", "E05999005"]
    assert dict(records[1].fields) == {
        "gss": "E05999002",
        "name": "South Bank",
        "level": "ward",
        "vintage": "2024",
    }
    assert records[0].from_at == datetime(2024, 12, 31, tzinfo=UTC)
    assert records[0].geometry["type"] == "Polygon"


def test_each_bad_feature_is_one_issue_that_says_what_is_wrong():
    issues = {issue.where: issue for issue in read(FIXTURE).issues}
    assert {where: issue.what for where, issue in issues.items()} == {
        "features[2]": "E05999001 comes twice; the first is kept",
        "features[3]": "E05999003 is not in degrees of longitude and latitude",
        "features[4]": "E05999004 has no outline",
        "features[5]": "has no code",
        "features[6]": "the boundary crosses itself; it is kept as it was published",
        "features[7]": "not a GeoJSON feature with properties",
    }
    assert issues["features[6]"].severity is Severity.INFO
    assert "In metres" in issues["features[3]"].item


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"type": "FeatureCollection"}',
        b'{"error": {"code": 400, "message": "Invalid query"}}',
    ],
)
def test_what_is_no_collection_is_refused(body):
    with pytest.raises(ValueError, match=r"GeoJSON|JSON|Invalid query"):
        read(body)


def test_a_role_the_pack_does_not_list_is_refused():
    with pytest.raises(ValueError, match="no layer"):
        read(FIXTURE, role="parish")


def test_a_file_somebody_dropped_is_of_the_layer_it_looks_like():
    assert read(FIXTURE, role="") == read(FIXTURE)
    with pytest.raises(ValueError, match="nor one like this"):
        read(b'{"features": [{"properties": {"name": "x"}}]}', role="")


def test_a_short_answer_is_followed_up_from_where_it_stopped():
    collection = {**json.loads(FIXTURE), "properties": {"exceededTransferLimit": True}}
    (more,) = read(json.dumps(collection).encode()).follow
    assert more.url == "https://example.org/wards?where=1%3D1&f=geojson&resultOffset=8"
    assert more.role == "ward"
    assert read(FIXTURE).follow == ()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "geometry", "properties", "coordinates", "WD24CD", "WD24NM"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=6))
def test_no_feature_whatever_loses_the_good_one(features):
    good = json.loads(FIXTURE)["features"][0]
    body = json.dumps({"type": "FeatureCollection", "features": [*features, good]}).encode()
    batch = read(body)
    assert "E05999001" in {record.id for record in batch.records}
    assert len(batch.records) + len(batch.issues) >= len(features) + 1


@pytest.mark.recordings
@pytest.mark.parametrize(("city", "wards"), [("leicester", 21), ("leeds", 33)])
def test_the_recorded_wards_are_all_read(recordings, city, wards):
    batch = read((recordings / "civic" / "boundaries" / f"{city}_wards22.geojson").read_bytes())
    assert (len(batch.records), batch.issues) == (wards, ())
