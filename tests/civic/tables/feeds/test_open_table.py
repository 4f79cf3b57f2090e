"""A table nobody wrote code for is read as its pack says."""

import gzip
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moothall.civic.tables.feeds.open_table import make_feed, parse
from moothall.civic.tables.rules.faults import read_tables
from moothall.values.observations import Quality
from moothall.values.requests import Payload, Request

CSV = Path(__file__).with_name("open_table.csv")
STATED = tomllib.loads("""
title = "Noise"
publisher = "Stadt"
source = "https://example.org/laerm"
licence = "DL-DE-BY-2.0"
url = "https://example.org/laerm.csv"
format = "csv"
delimiter = ";"
decimal = ","
time = "%d.%m.%Y %H:%M"
columns = { id = "Messstelle", name = "Bezeichnung", at = "Zeit", lat = "Breite", lon = "Länge" }
[[measure]]
key = "level_db"
title = "Noise level"
column = "Pegel"
unit = "dB"
most = 140
[[fact]]
key = "street"
title = "Street"
column = "Straße"
""")
CITY = {
    "time_zone": "Europe/Berlin",
    "box": {"west": 9.0, "south": 48.6, "east": 9.4, "north": 48.9},
}


def read(body=None, *, fetched_at=datetime(2023, 10, 7, 12, tzinfo=UTC), **other):
    stated = {**STATED, **other}
    payload = Payload(
        body=CSV.read_bytes() if body is None else body,
        request=Request(url="https://example.org/laerm.csv"),
        fetched_at=fetched_at,
    )
    return parse(payload, {**stated, "city": CITY}, name="noise")


def test_local_times_decimal_commas_and_german_columns():
    batch = read()
    first = batch.observations[0]
    assert (first.series, first.result) == ("tables.noise_m1.level_db", 68.4)
    assert first.at == datetime(2023, 10, 7, 11, 50, tzinfo=UTC)
    assert batch.series[0].thing == "Am Neckartor"
    assert (batch.series[0].lat, batch.series[0].unit) == (48.7883, "dB")
    assert batch.records[0].fields == {"name": "Am Neckartor", "street": "Neckarstraße"}


def test_what_is_not_measured_is_missing_and_what_cannot_be_is_suspect():
    batch = read()
    assert "tables.noise_m2.level_db" not in {one.series for one in batch.observations}
    doubted = [one for one in batch.observations if one.quality is Quality.SUSPECT]
    assert [one.result for one in doubted] == [1071.2]
    assert [issue.what for issue in batch.issues] == ["Noise level: 1071.2 cannot be"]


def test_a_list_with_a_fault_in_it_does_not_say_what_is_gone():
    assert read().complete == frozenset()
    assert read(measure=[]).complete == {"tables.noise_things"}


def test_one_bad_row_is_an_issue_and_the_rest_is_kept():
    good = CSV.read_text(encoding="utf-8").splitlines()
    bad = [";;;;;;;", "M9;X;;48,7;9,1;gestern;1,0;1", "M8;Y;;91,5;9,1;07.10.2023 13:50;1,0;1"]
    batch = read("\n".join([*good, *bad, "M7;Z;;48,7;9,1;08.10.2023 13:50;1,0;1"]).encode())
    assert len(batch.records) == 3
    assert [issue.where for issue in batch.issues[1:]] == ["line 5", "line 6", "line 7", "line 8"]
    assert [issue.what for issue in batch.issues[1:]] == [
        'nothing stands under "Messstelle"',
        "not a time as the pack says it is written: 'gestern'",
        "not a position in degrees: 91.5, 9.1",
        "a time in the future",
    ]


def test_a_column_that_is_gone_fails_the_whole_by_name():
    with pytest.raises(ValueError, match='no column "Pegel"'):
        read(CSV.read_bytes().replace(b"Pegel", b"Wert"))


def test_a_packed_file_is_unpacked():
    assert read(gzip.compress(CSV.read_bytes())).observations == read().observations


def test_one_value_a_row_is_told_apart_by_another_column():
    body = b"s,what,v\nA,NO2,40\nA,O3,61\n"
    measures = [
        {"key": key, "title": what, "column": "v", "unit": "ug/m3", "where": {"what": what}}
        for key, what in (("no2", "NO2"), ("o3", "O3"))
    ]
    batch = read(body, delimiter=",", columns={"id": "s"}, measure=measures, fact=[], decimal=".")
    assert {one.series: one.result for one in batch.observations} == {
        "tables.noise_a.no2": 40.0,
        "tables.noise_a.o3": 61.0,
    }
    # It does not say when: it is as of when it was read.
    assert {one.at for one in batch.observations} == {datetime(2023, 10, 7, 12, tzinfo=UTC)}


def test_codes_mean_words_and_units_come_by_a_factor():
    body = b'[{"id": 1, "cm": 124, "on": "0", "t": 1696679400}]'
    measures = [
        {"key": "level_m", "title": "Level", "column": "cm", "unit": "m", "factor": 0.01},
        {"key": "state", "title": "State", "column": "on", "type": "text", "words": {"0": "off"}},
    ]
    batch = read(
        body, format="json", columns={"id": "id", "at": "t"}, time="unix", measure=measures, fact=[]
    )
    assert [one.result for one in batch.observations] == [pytest.approx(1.24), "off"]
    assert batch.observations[0].at == datetime(2023, 10, 7, 11, 50, tzinfo=UTC)


def test_of_a_whole_country_only_what_lies_in_the_city_is_kept():
    body = b"id,lat,lon,v\nhere,48.7,9.1,1\naway,51.5,-3.0,1\nnowhere,,,1\n"
    batch = read(
        body,
        delimiter=",",
        decimal=".",
        only_in_box=True,
        columns={"id": "id", "lat": "lat", "lon": "lon"},
        measure=[{"key": "v", "title": "V", "column": "v"}],
        fact=[],
    )
    assert [one.id for one in batch.records] == ["here"]
    assert batch.issues == ()


def test_two_things_whose_ids_differ_by_signs_alone_are_not_made_one():
    batch = read(
        b"id,v\nA-1,1\nA_1,2\n",
        delimiter=",",
        columns={"id": "id"},
        measure=[{"key": "v", "title": "V", "column": "v"}],
        fact=[],
    )
    assert [one.result for one in batch.observations] == [1.0]
    assert "differs from 'A-1' by signs alone" in batch.issues[0].what


def test_a_feed_is_worded_as_its_pack_words_it():
    (table,) = read_tables({"feeds": {"noise": STATED}}, zone="Europe/Berlin")
    feed = make_feed(table)
    assert (feed.name, feed.title, feed.licence) == ("tables.noise", "Noise", "DL-DE-BY-2.0")
    assert feed.attribution == "Stadt, DL-DE-BY-2.0"
    assert [request.url for request in feed.requests(STATED)] == ["https://example.org/laerm.csv"]


@pytest.mark.recordings
def test_the_car_parks_of_heidelberg_need_no_code(recordings):
    file = recordings / "transport" / "parking" / "heidelberg.json.gz"
    stated = """
    title = "Parkhäuser"
    publisher = "Stadt Heidelberg"
    source = "https://parken.heidelberg.de/"
    licence = "LicenseRef-Heidelberg"
    format = "json"
    [columns]
    id = "id"
    name = "staticName.value"
    at = "observationDateTime.value"
    lat = "lat.value"
    lon = "lon.value"
    [[measure]]
    key = "free"
    title = "Free spaces"
    column = "availableSpotNumber.value"
    most_column = "totalSpotNumber.value"
    least = 0
    """
    city = {**CITY, "box": {"west": 8.57, "south": 49.35, "east": 8.80, "north": 49.46}}
    payload = Payload(
        body=file.read_bytes(),
        request=Request(url=""),
        fetched_at=datetime(2024, 6, 8, 13, 30, tzinfo=UTC),
    )
    batch = parse(payload, {**tomllib.loads(stated), "city": city}, name="parking")
    assert (len(batch.records), len(batch.observations)) == (25, 23)  # two say no number
    assert sum(one.geometry is not None for one in batch.records) > 20


@pytest.mark.recordings
def test_the_car_parks_of_glasgow_need_no_code(recordings):
    file = recordings / "transport" / "parking" / "glasgow_datex_carparks_2013-10-06.xml"
    stated = """
    title = "Car parks"
    publisher = "Glasgow City Council"
    source = "https://data.glasgow.gov.uk/"
    licence = "OGL-UK-3.0"
    format = "xml"
    rows = "situation"
    time_zone = "Europe/London"
    [columns]
    id = "@id"
    name = "carParkIdentity"
    at = "situationRecordVersionTime"
    lat = "latitude"
    lon = "longitude"
    [[measure]]
    key = "occupied"
    title = "Places taken"
    column = "occupiedSpaces"
    most_column = "totalCapacity"
    [[fact]]
    key = "capacity"
    title = "Places"
    column = "totalCapacity"
    type = "number"
    """
    payload = Payload(
        body=file.read_bytes(),
        request=Request(url=""),
        fetched_at=datetime(2013, 10, 6, 8, 30, tzinfo=UTC),
    )
    batch = parse(payload, {**tomllib.loads(stated), "city": CITY}, name="parking")
    assert len(batch.records) == 10
    first = batch.observations[0]
    assert (first.series, first.result) == ("tables.parking_cpg02c.occupied", 327.0)
    assert first.at == datetime(2013, 10, 6, 8, 12, 2, tzinfo=UTC)
