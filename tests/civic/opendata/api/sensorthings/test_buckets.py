"""Our extension of SensorThings: observations brought together in equal spans of time."""

from datetime import timedelta

import pytest
from tests.civic.opendata.api.sensorthings.conftest import RAIN
from tests.civic.opendata.conftest import NOW

pytestmark = pytest.mark.django_db
LEVEL = "probe.aire.level_m"
OF_LEVEL = f"Datastreams('{LEVEL}')/Observations"


def test_each_span_has_its_mean_least_most_and_count(ask, city):
    found = ask(OF_LEVEL, bucket="PT1H", filter="phenomenonTime ge 2026-01-05T10:00:00Z")["value"]
    assert [one["phenomenonTime"] for one in found] == [
        "2026-01-05T10:00:00Z/2026-01-05T11:00:00Z",
        "2026-01-05T11:00:00Z/2026-01-05T12:00:00Z",
        "2026-01-05T12:00:00Z/2026-01-05T13:00:00Z",
    ]
    told = found[0]["parameters"]
    rows = city.list_observations(
        LEVEL, from_at=NOW - timedelta(hours=2), until_at=NOW - timedelta(hours=1)
    )
    results = [row.result for row in rows]
    assert told["mean"] == pytest.approx(sum(results) / len(results))
    assert (told["min"], told["max"], told["count"]) == (min(results), max(results), 4)
    assert found[0]["result"] == told["mean"]
    assert found[0]["Datastream@iot.navigationLink"].endswith(f"Datastreams('{LEVEL}')")


def test_a_span_is_labelled_as_what_it_is_made_of(ask):
    found = ask(f"Datastreams('{RAIN}')/Observations", bucket="P1D")["value"]
    assert [one["parameters"]["origin"] for one in found] == ["replayed"]


def test_pages_of_spans_hold_each_once(ask, follow):
    whole = ask("Observations", bucket="PT30M", top=1000)
    assert "@iot.nextLink" not in whole
    body = ask("Observations", bucket="PT30M", top=7)
    found = list(body["value"])
    while "@iot.nextLink" in body:
        body = follow(body["@iot.nextLink"])
        found += body["value"]
    assert found == whole["value"]
    assert sum(one["parameters"]["count"] for one in found) == 96 + 5


def test_words_have_no_mean_and_a_closed_feed_no_span(ask):
    assert ask("Datastreams('probe.aire.state')/Observations", bucket="P1D")["value"] == []
    spans = ask("Observations", bucket="P1D", top=1000)["value"]
    assert not any("hidden" in str(one) for one in spans)


@pytest.mark.parametrize(
    ("address", "options", "option"),
    [
        (OF_LEVEL, {"bucket": "5 minutes"}, "$bucket"),
        (OF_LEVEL, {"bucket": "PT0S"}, "$bucket"),
        (OF_LEVEL, {"bucket": "P99999999D"}, "$bucket"),
        ("Things", {"bucket": "PT5M"}, "$bucket"),
        (OF_LEVEL, {"bucket": "PT5M", "orderby": "result"}, "$orderby"),
        (OF_LEVEL, {"bucket": "PT5M", "filter": "nothing gt 1"}, "$filter"),
    ],
)
def test_what_is_no_span_is_refused(ask, address, options, option):
    assert ask(address, status=400, **options)["parameter"] == option
