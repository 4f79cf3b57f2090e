"""The Carbon Intensity API's regional answers."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.energy.feeds import carbon_intensity
from moothall.values.observations import Origin, Quality
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("carbon_intensity.json").read_bytes()
READ_AT = datetime(2026, 1, 5, 9, 10, tzinfo=UTC)
YORKSHIRE = {"id": 5, "name": "Yorkshire", "source": "https://example.org/"}
PARAMS = {"region": [YORKSHIRE]}


def parse(body=BODY, params=PARAMS):
    return carbon_intensity.parse(
        Payload(body=body, request=Request(url=""), fetched_at=READ_AT), params
    )


def test_the_half_hour_begun_and_those_ahead_are_two_series():
    batch = parse()

    assert [(o.series, o.result) for o in batch.observations if "intensity" in o.series] == [
        ("energy.region_5.intensity_g_kwh", 266),
        ("energy.region_5.intensity_index", "moderate"),
        ("energy.region_5.intensity_forecast_g_kwh", 240),
    ]


def test_each_covers_its_half_hour_and_is_an_estimate():
    first = parse().observations[0]

    assert (first.at, first.until) == (
        datetime(2026, 1, 5, 9, tzinfo=UTC),
        datetime(2026, 1, 5, 9, 30, tzinfo=UTC),
    )
    assert first.quality is Quality.ESTIMATED


def test_a_share_of_nothing_is_zero_and_a_fuel_never_heard_of_is_left_out():
    shares = {o.series: o.result for o in parse().observations if o.series.endswith("_percent")}

    assert shares == {
        "energy.region_5.gas_percent": 43.6,
        "energy.region_5.coal_percent": 0,
        "energy.region_5.wind_percent": 6.8,
    }


def test_a_half_hour_without_a_number_or_that_ends_before_it_begins_is_an_issue():
    assert [(issue.where, issue.what) for issue in parse().issues] == [
        ("data[0].data[2]", "not a number: null"),
        (
            "data[0].data[3]",
            "does not end after it begins, in UTC: 2026-01-05 10:00:00+00:00",
        ),
        ("data[0].data[4]", "no perc"),
    ]


def test_all_regions_at_once_give_only_ours():
    half_hour = orjson.loads(BODY)["data"]["data"][0]
    times = {"from": half_hour.pop("from"), "to": half_hour.pop("to")}
    regions = [{"regionid": 5, **half_hour}, {"regionid": 9, **half_hour}, None]

    batch = parse(orjson.dumps({"data": [{**times, "regions": regions}]}))

    assert {o.series.split(".")[1] for o in batch.observations} == {"region_5"}
    assert [issue.where for issue in batch.issues] == ["data[0].regions[2]"]


def test_it_asks_for_the_present_half_hour_and_the_day_ahead():
    (request,) = carbon_intensity.requests({**PARAMS, "now": READ_AT})

    assert request.url.endswith("/regional/intensity/2026-01-05T09:10Z/fw24h/regionid/5")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"error": {"code": "400 Bad Request"}}', b"null"])
def test_an_error_or_what_is_no_answer_is_refused_whole(body):
    with pytest.raises(ValueError):  # noqa: PT011
        parse(body)


@given(
    st.dictionaries(
        st.sampled_from(["from", "to", "intensity", "generationmix"]),
        st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2),
        min_size=1,
    )
)
def test_a_spoilt_half_hour_never_loses_the_one_after_it(spoilt):
    region = orjson.loads(BODY)["data"]
    good = region["data"][0]
    body = json.dumps({"data": {**region, "data": [{**good, **spoilt}, good]}}).encode()

    results = {o.result for o in parse(body).observations if o.series.endswith(".intensity_g_kwh")}
    assert 266 in results


def test_the_stand_in_is_labelled_whole_and_the_same_of_the_same_half_hour():
    first, later = (
        carbon_intensity.simulate(PARAMS, READ_AT + timedelta(hours=hours)) for hours in (0, 2)
    )

    assert {o.origin for o in first.observations} == {Origin.SIMULATED}
    known = {(o.series, o.at): o.result for o in first.observations}
    again = {(o.series, o.at): o.result for o in later.observations}
    assert len(known.keys() & again.keys()) > 100
    assert all(known[key] == again[key] for key in known.keys() & again.keys())
    at = max(o.at for o in first.observations if o.series.endswith("gas_percent"))
    shares = [value for (key, when), value in known.items() if "percent" in key and when == at]
    assert sum(shares) == pytest.approx(100, abs=0.5)


@pytest.mark.recordings
def test_every_regional_shape_of_the_documentation_reads(recordings):
    name = "civic/energy/carbon_intensity_examples_regional_repaired.json"
    documents = orjson.loads((recordings / name).read_bytes())
    regions = [{**YORKSHIRE, "id": number} for number in (3, 15, 16, 17)]

    for document in documents:
        batch = parse(orjson.dumps(document), {"region": regions})
        assert batch.issues == ()
        assert 266 in {o.result for o in batch.observations}
        assert parse(orjson.dumps(document)).observations == ()
