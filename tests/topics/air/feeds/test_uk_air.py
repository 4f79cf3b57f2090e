"""Hourly files of the national network."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.air.feeds import uk_air
from moothall.values.observations import Origin, Quality
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("uk_air.csv").read_bytes()
READ_AT = datetime(2026, 1, 5, 2, 10, tzinfo=UTC)
SITE = {
    "id": "LEED",
    "name": "Leeds Centre",
    "kind": "Urban Background",
    "lat": 53.80378,
    "lon": -1.546472,
    "measures": ["o3", "no2", "nox", "pm25"],
    "source": "https://example.org/",
}
OTHER = {**SITE, "id": "LED6", "name": "Leeds Headingley Kerbside"}
PARAMS = {"site": [SITE, OTHER]}


def parse(body=BODY, role="LEED", params=PARAMS):
    return uk_air.parse(
        Payload(body=body, request=Request(url="", role=role), fetched_at=READ_AT), params
    )


def find(batch, key, at):
    return [o for o in batch.observations if o.series == key and o.at == at]


def test_the_stated_time_is_the_end_of_the_hour_and_24_00_is_midnight():
    batch = parse()
    at_23 = datetime(2026, 1, 4, 23, tzinfo=UTC)

    (ozone,) = find(batch, "air.leed.o3_ug_m3", at_23)
    assert (ozone.result, ozone.until) == (40.0, datetime(2026, 1, 5, tzinfo=UTC))
    assert batch.as_of == datetime(2026, 1, 5, 1, tzinfo=UTC)


def test_ratified_is_good_suspect_is_suspect_and_provisional_is_unchecked():
    at = datetime(2026, 1, 4, 23, tzinfo=UTC)
    batch = parse()

    assert find(batch, "air.leed.o3_ug_m3", at)[0].quality is Quality.GOOD
    assert find(batch, "air.leed.no2_ug_m3", at)[0].quality is Quality.SUSPECT
    assert find(batch, "air.leed.so2_ug_m3", at)[0].quality is Quality.UNCHECKED


def test_no_data_is_no_observation_and_never_zero_but_zero_and_less_are_real():
    at = datetime(2026, 1, 4, 23, tzinfo=UTC)
    batch = parse()

    assert find(batch, "air.leed.no_ug_m3", at) == []
    assert find(batch, "air.leed.nox_ug_m3", at) == []
    assert find(batch, "air.leed.so2_ug_m3", at)[0].result == 0
    assert find(batch, "air.leed.pm10_ug_m3", at)[0].result == -1.2
    assert find(batch, "air.leed.pm10_ug_m3", at + timedelta(hours=1)) == []


def test_nox_as_no2_is_a_series_of_its_own_and_never_taken_for_no2():
    at = datetime(2026, 1, 4, 22, tzinfo=UTC)
    batch = parse()

    assert find(batch, "air.leed.no2_ug_m3", at)[0].result == 21.5
    assert find(batch, "air.leed.nox_ug_m3", at)[0].result == 23.2


def test_a_foreign_unit_a_word_and_an_impossible_time_are_issues():
    assert [(issue.where, issue.what) for issue in parse().issues] == [
        ("line 10", "air.leed.no2_ug_m3: unit is 'ppb', not ugm-3"),
        ("line 10", "not a number: 'abc'"),
        ("line 11", "not a time of day: '25:00'"),
        ("line 12", "is in the future: 05-01-2027 24:00"),
    ]


def test_only_the_newest_days_are_read_unless_the_pack_asks_for_more():
    year_before = datetime(2025, 1, 1, tzinfo=UTC)

    assert find(parse(), "air.leed.o3_ug_m3", year_before) == []
    more = parse(params={**PARAMS, "keep_days": 400})
    assert find(more, "air.leed.o3_ug_m3", year_before)[0].result == 50.1


def test_an_export_of_two_sites_is_read_by_the_names_over_its_columns():
    body = (
        b"Hourly measurement data supplied by UK-air on 05/01/2026\n"
        b"Status: V = Verified\n"
        b",,Leeds Centre,,Leeds Headingley Kerbside,,Elsewhere,\n"
        b"Date,Time,Nitrogen dioxide,Status,Nitrogen dioxide,Status,Nitrogen dioxide,Status\n"
        b"2026-01-05,01:00:00,10,V ugm-3,33,P ugm-3,99,V ugm-3\n"
    )
    batch = parse(body, role="")

    assert {o.series: o.result for o in batch.observations} == {
        "air.leed.no2_ug_m3": 10,
        "air.led6.no2_ug_m3": 33,
    }


def test_it_asks_for_this_years_file_and_in_january_for_last_years_too():
    def asked(now):
        return [
            request.url.rpartition("/")[2] for request in uk_air.requests({**PARAMS, "now": now})
        ]

    assert asked(datetime(2026, 6, 1, tzinfo=UTC)) == ["LEED_2026.csv?v=1", "LED6_2026.csv?v=1"]
    assert "LEED_2025.csv?v=1" in asked(READ_AT)


@pytest.mark.parametrize("body", [b"", b"<html>gone</html>", b"Date;time\n", b"\x00\xff\xfe"])
def test_what_is_no_such_file_is_refused_whole(body):
    with pytest.raises(ValueError):  # noqa: PT011
        parse(body)


@given(st.lists(st.text(max_size=12), max_size=30))
def test_no_bad_row_loses_the_row_after_it(cells):
    head, _, _ = BODY.partition(b"01-01-2025")
    spoilt = ",".join(cell.replace('"', "").replace("\r", "").replace("\n", "") for cell in cells)
    good = b"04-01-2026,24:00,40.0,R,ugm-3\n"

    batch = parse(head + spoilt.encode("utf-8", "replace") + b"\n" + good)

    at = datetime(2026, 1, 4, 23, tzinfo=UTC)
    assert find(batch, "air.leed.o3_ug_m3", at)[-1].result == 40.0


def test_the_stand_in_is_labelled_and_says_the_same_of_the_same_hour():
    first, later = (uk_air.simulate(PARAMS, READ_AT + timedelta(hours=n)) for n in (0, 3))

    assert {o.origin for o in first.observations} == {Origin.SIMULATED}
    assert max(o.until for o in first.observations) <= READ_AT
    known = {(o.series, o.at): o.result for o in first.observations}
    again = {(o.series, o.at): o.result for o in later.observations}
    assert len(known.keys() & again.keys()) > 50
    assert all(known[key] == again[key] for key in known.keys() & again.keys())
