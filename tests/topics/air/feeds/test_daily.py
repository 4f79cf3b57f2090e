"""Daily means, in both shapes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from moothall.kernel.packs import Pack
from moothall.topics.air.feeds import daily
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("daily.csv").read_bytes()
PACKS = Path(__file__).resolve().parents[4] / "packs"
PLACE = {"lat": 53.8, "lon": -1.5, "source": "https://example.org/"}
PARAMS = {
    "site": [
        {**PLACE, "id": "LEED", "name": "Leeds Centre", "daily_column": 1},
        {**PLACE, "id": "LED6", "name": "Leeds Headingley Kerbside", "daily_column": 2},
    ]
}


def parse(body=BODY, role="", params=PARAMS):
    return daily.parse(
        Payload(
            body=body,
            request=Request(url="", role=role),
            fetched_at=datetime(2022, 9, 2, tzinfo=UTC),
        ),
        params,
    )


def test_a_days_mean_covers_the_day_and_says_that_it_is_no_hours():
    batch = parse()
    first = next(o for o in batch.observations if o.series == "air.led6.pm25_daily_ug_m3")

    assert (first.at, first.result) == (datetime(2022, 8, 29, tzinfo=UTC), 7)
    assert first.until - first.at == timedelta(days=1)
    assert all("says nothing about its hours" in series.procedure for series in batch.series)


def test_no_data_is_left_out_a_zero_is_kept_and_an_unknown_column_is_not_ours():
    batch = parse()
    keys = [o.series for o in batch.observations]

    assert keys.count("air.leed.nox_daily_ug_m3") == 4
    assert keys.count("air.led6.nox_daily_ug_m3") == 2
    assert not any(o.result == 99 for o in batch.observations)
    assert not any(key.startswith("air.leed.pm10") for key in keys)
    assert any(o.result == 0 for o in batch.observations)


def test_nox_is_never_a_series_of_nitrogen_dioxide():
    assert not any("no2" in series.key for series in parse().series)


def test_a_word_for_a_mean_or_a_day_and_a_day_to_come_are_issues():
    assert [issue.where for issue in parse().issues] == ["line 4", "line 5", "line 7"]


def test_rows_of_sites_are_read_when_the_role_names_the_pollutant():
    body = (
        b"U,V,tstamp,SCODE,SFNAME,STYPE,Poll_Value\n"
        b"-1.57,53.8,2020-02-01,LED6,Leeds Headingley Kerbside,Urban Traffic,12.4414\n"
        b"-1.12,52.6,2020-02-01,LEIR,Leicester A594 Roadside,Urban Traffic,26.0\n"
        b"-1.57,53.8,2020-02-02,LED6\n"
    )
    batch = parse(body, role="NO2")

    assert [(o.series, o.result) for o in batch.observations] == [
        ("air.led6.no2_daily_ug_m3", 12.4414)
    ]
    assert [issue.where for issue in batch.issues] == ["line 4"]
    with pytest.raises(ValueError, match="role '' is none"):
        parse(body, role="")


@pytest.mark.parametrize("body", [b"", b"a,b\n1,2\n", b"{}"])
def test_what_is_neither_shape_is_refused_whole(body):
    with pytest.raises(ValueError, match="neither"):
        parse(body)


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("city", "name", "role", "count"),
    [
        ("leeds", "leeds_uk-air_daily_2019-2022.csv", "", 1339 * 6 - 423),
        ("leicester", "leicester_uk-air_daily_2019-2022.csv", "", 1339 * 5 - 583),
        ("leeds", "aurn_NO2_daily_2020_leeds_leicester.csv", "NO2", 213),
        ("leicester", "aurn_NO2_daily_2020_leeds_leicester.csv", "NO2", 213),
        ("leicester", "aurn_O3_daily_2020_leeds_leicester.csv", "O3", 213),
    ],
)
def test_the_recordings_read_whole(recordings, city, name, role, count):
    params = Pack(folder=PACKS / city).params("air.daily")

    batch = parse((recordings / "civic/air" / name).read_bytes(), role, params)

    assert len(batch.observations) == count
    assert batch.issues == ()
