"""What the founding packs state of gauges, sites, car parks and places is what was published."""

import csv
import json
import re
from pathlib import Path

import pytest
import shapely

from moothall.kernel.packs import Pack
from moothall.values.places import Point

PACKS = Path(__file__).resolve().parents[2] / "packs"
CITIES = pytest.mark.parametrize("city", ["leeds", "leicester"])
NEAR_M = 150


def pack(city):
    return Pack(folder=PACKS / city)


def plain(name):
    """Let "Q Park" and "Q-Park" be one."""
    return re.sub(r"\W+", " ", name.lower())


@pytest.mark.recordings
@CITIES
def test_every_gauge_stands_where_the_agency_says_and_measures_what_it_says(city, recordings):
    file = recordings / "civic" / "flood" / "ea_stations_leeds_leicester_2020-02.json"
    stations = {
        one["stationReference"]: one
        for one in json.loads(file.read_text(encoding="utf-8"))["items"]
    }
    rows = pack(city).section("flood")
    gauges = [*rows["gauge"], *rows.get("rain_gauge", ())]
    assert gauges
    for gauge in gauges:
        station = stations[gauge["id"]]
        there = Point(lon=station["long"], lat=station["lat"])
        away = there.distance_m(Point(lon=gauge["lon"], lat=gauge["lat"]))
        assert away < NEAR_M, (gauge["id"], away)
        measures = {one["@id"].rpartition("/")[2] for one in station.get("measures", ())}
        assert gauge["measure"] in measures, gauge["id"]
        assert gauge["source"].endswith(gauge["id"])


@pytest.mark.recordings
@CITIES
def test_every_air_site_stands_where_the_catalogue_says(city, recordings):
    file = recordings / "civic" / "air" / "uk-air_station_catalogue_leeds_leicester.csv"
    with file.open(encoding="utf-8-sig") as lines:
        known = {row["Site.Name"].strip(): row for row in csv.DictReader(lines)}
    for site in pack(city).section("air")["site"]:
        row = known[site["name"]]
        there = Point(lon=float(row["Longitude"]), lat=float(row["Latitude"]))
        assert there.distance_m(Point(lon=site["lon"], lat=site["lat"])) < NEAR_M, site["id"]


@pytest.mark.recordings
@CITIES
def test_every_car_park_is_in_openstreetmap_by_that_name_and_place(city, recordings):
    file = recordings / "transport" / "parking" / f"{city}_osm_parking.geojson"
    known = {}
    for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
        said = feature["properties"]
        name = plain(said.get("name") or said.get("other", {}).get("name") or "")
        known.setdefault(name, []).append(shapely.from_geojson(json.dumps(feature["geometry"])))
    for row in pack(city).section("parking")["car_park"]:
        here = shapely.Point(row["lon"], row["lat"])
        assert any(here.distance(one) < 0.001 for one in known.get(plain(row["name"]), ())), row[
            "name"
        ]


@pytest.mark.recordings
@pytest.mark.parametrize(("city", "area"), [("leeds", "LS"), ("leicester", "LE")])
def test_a_place_stands_at_the_centre_of_the_postcode_its_row_names(city, area, recordings):
    file = recordings / "civic" / "boundaries" / f"postcodes_{area}.csv"
    with file.open(encoding="utf-8-sig") as lines:
        known = {row[0].replace(" ", ""): row for row in csv.reader(lines)}
    checked = 0
    for row in pack(city).rows("places"):
        found = re.search(r"postcode centroid, (\w+ \w+)", row["position"])
        if found is None:
            continue
        numbers = sorted(map(float, known[found[1].replace(" ", "")][1:3]))
        there = Point(lon=numbers[0], lat=numbers[1])
        here = Point(lon=float(row["lon"]), lat=float(row["lat"]))
        assert there.distance_m(here) < 20, row["name"]
        checked += 1
    assert checked > 10


@CITIES
def test_no_telephone_number_is_stated_that_nobody_has_checked(city):
    assert "telephone" not in pack(city).city["contact"]
