"""Where things are: by boundary where one is loaded, else by nearest centre, and it says which."""

import json
import logging
from datetime import UTC, datetime

import pytest
import shapely

from moothall.kernel import packs
from moothall.kernel.observations.lake import Lake
from moothall.kernel.places import manifest, queries, rules
from moothall.kernel.search import lay_out
from moothall.values.observations import Batch, Record
from moothall.values.places import Point

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ARMLEY = Point(lon=-1.5989, lat=53.8013)
YORK = Point(lon=-1.0815, lat=53.9591)


@pytest.fixture(autouse=True)
def leeds(in_city):
    return in_city("leeds")


def keep(lake: Lake, *records: Record, key: str = "a") -> None:
    lake.append(Batch(records=records), feed="places.test", key=key, now=NOW)


def area(gss: str, level: str, box: tuple[float, float, float, float]) -> Record:
    fields = {"gss": gss, "name": gss, "level": level, "vintage": "2024"}
    geometry = rules.write_geometry(shapely.box(*box))
    return Record(kind="places.area", id=gss, from_at=NOW, fields=fields, geometry=geometry)


def postcode(words: str, point: Point, ward: str | None = None) -> Record:
    return Record(
        kind="places.postcode",
        id=words.replace(" ", ""),
        from_at=NOW,
        fields={"postcode": words, "ward": ward, "lsoa": None},
        geometry={"type": "Point", "coordinates": [point.lon, point.lat]},
    )


def test_the_pack_states_every_ward(lake):
    wards = queries.list_wards()
    assert len(wards) == 33
    assert [ward.name for ward in wards] == sorted(ward.name for ward in wards)


@pytest.mark.parametrize("said", ["E05011385", "e05011385", "Armley", " armley "])
def test_a_ward_is_found_by_code_or_name_in_any_case(lake, said):
    assert queries.find_ward(said).gss == "E05011385"


def test_and_and_the_ampersand_are_one_in_a_wards_name(lake):
    assert queries.find_ward("farnley AND wortley").gss == "E05012648"
    assert queries.find_ward("") is None


def test_without_boundaries_the_nearest_centre_is_named_as_approximate(lake):
    answer = queries.ward_of(ARMLEY)
    assert (answer.ward.name, answer.approximate) == ("Armley", True)


def test_a_point_outside_the_city_lies_in_no_ward(lake):
    assert queries.ward_of(YORK) is None


def test_a_loaded_boundary_decides_and_is_not_approximate(lake):
    assert queries.ward_of(ARMLEY).approximate
    keep(lake, area("E05011387", "ward", (-1.65, 53.78, -1.55, 53.82)))
    answer = queries.ward_of(ARMLEY)
    assert (answer.ward.name, answer.approximate) == ("Bramley & Stanningley", False)


def test_an_area_of_another_level_decides_nothing_about_wards(lake):
    keep(lake, area("E01011264", "lsoa", (-1.65, 53.78, -1.55, 53.82)))
    assert queries.ward_of(ARMLEY).approximate


def test_a_postcode_answers_with_its_point_and_ward(lake):
    keep(lake, postcode("LS12 2AE", ARMLEY))
    answer = queries.find_postcode("ls122ae")
    assert (answer.postcode, answer.point, answer.ward.name) == ("LS12 2AE", ARMLEY, "Armley")
    assert answer.approximate


def test_the_ward_a_lookup_states_for_a_postcode_stands(lake):
    keep(lake, postcode("LS12 2AE", ARMLEY, ward="E05011390"))
    answer = queries.find_postcode("LS12 2AE")
    assert (answer.ward.name, answer.approximate) == ("Chapel Allerton", False)


def test_a_postcode_nobody_loaded_is_none_and_a_text_that_is_none_is_refused(lake):
    assert not queries.has_postcodes()
    assert queries.find_postcode("LS1 1UR") is None
    with pytest.raises(queries.UnableToReadPostcode, match="Enter a full postcode") as told:
        queries.find_postcode("Armley")
    assert "Armley" not in str(told.value)
    with pytest.raises(queries.UnableToReadPostcode, match="Enter a postcode"):
        queries.find_postcode("  ")


def test_a_postcode_asked_for_is_written_down_nowhere(lake, caplog):
    caplog.set_level(logging.DEBUG)
    keep(lake, postcode("LS12 2AE", ARMLEY))
    before = lake.last_change()
    queries.find_postcode("LS12 2AE")
    assert "LS12" not in caplog.text
    assert lake.last_change() == before


def test_small_areas_know_their_ward(lake):
    assert queries.list_small_areas() == ()
    fields = {
        "lsoa": "E01011264",
        "lsoa_name": "Leeds 001A",
        "ward": "E05011385",
        "ward_name": "Armley",
        "council": "E08000035",
    }
    keep(
        lake,
        Record(kind="places.lookup", id="E01011264", from_at=NOW, fields=fields),
        area("E01011264", "lsoa", (-1.65, 53.78, -1.55, 53.82)),
    )
    (small,) = queries.list_small_areas()
    assert (small.name, small.ward.name) == ("Leeds 001A", "Armley")
    assert queries.small_area_of(ARMLEY) == small
    assert queries.small_area_of(YORK) is None


def test_before_boundaries_are_loaded_cells_part_the_city_and_say_they_are_approximate(lake):
    outlines = queries.list_ward_outlines()
    assert len(outlines) == 33
    assert all(outline.approximate for outline in outlines)
    shapes = [rules.read_geometry(outline.geometry) for outline in outlines]
    drawn = json.loads((packs.current().folder / "outline.geojson").read_text())
    city = rules.read_geometry(drawn["features"][0]["geometry"])
    assert shapely.union_all(shapes).symmetric_difference(city).area < city.area * 1e-3
    for outline, shape in zip(outlines, shapes, strict=True):
        centre = shapely.points(outline.ward.centre.lon, outline.ward.centre.lat)
        assert shapely.distance(shape, centre) < 1e-4


def test_once_every_ward_is_loaded_outlines_are_the_boundaries(lake):
    assert queries.list_ward_outlines()[0].approximate
    keep(
        lake,
        *(
            area(ward.gss, "ward", (-1.8, 53.7 + n / 1000, -1.7, 53.7 + (n + 1) / 1000))
            for n, ward in enumerate(queries.list_wards())
        ),
    )
    outlines = queries.list_ward_outlines()
    assert not any(outline.approximate for outline in outlines)
    assert queries.list_ward_outlines() is outlines, "read once until boundaries change"


def test_places_of_the_pack_lie_in_the_city(lake):
    places = queries.list_places()
    assert len(places) >= 10
    assert all(packs.current().box.holds(lon=p.point.lon, lat=p.point.lat) for p in places)
    assert {place.kind for place in queries.list_places("museum")} == {"museum"}


def test_search_finds_wards_and_places_by_every_word_asked_for(lake):
    index = lay_out(manifest.list_findable())
    assert index.list_hits("chapel aller", 5)[0].title == "Chapel Allerton"
    assert index.list_hits("chapel aller", 5)[0].url == "/near/?ward=E05011390"
    assert index.list_hits("no such ward", 5) == ()
    assert index.list_hits("", 5) == ()
    assert len(index.list_hits("l", 3)) == 3


@pytest.mark.recordings
def test_every_recorded_ward_holds_its_own_centre(lake, recordings):
    from moothall.kernel.places.feeds import ons_boundaries
    from moothall.values.requests import Payload, Request

    body = (recordings / "civic" / "boundaries" / "leeds_wards22.geojson").read_bytes()
    payload = Payload(body=body, request=Request(url="", role="ward"), fetched_at=NOW)
    batch = ons_boundaries.parse(payload, packs.current().params("places.boundaries"))
    lake.append(batch, feed="places.boundaries", key="1", now=NOW)
    for ward in queries.list_wards():
        answer = queries.ward_of(ward.centre)
        assert (answer.ward, answer.approximate) == (ward, False)
