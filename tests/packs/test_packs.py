"""Every pack we ship is whole, and a new city can be made of the template by editing facts."""

import csv
import shutil
import tomllib
from html import escape
from pathlib import Path

import pytest

from moothall.kernel.keeping import kept
from moothall.kernel.pack_check.check import check_pack
from moothall.kernel.places import queries
from moothall.kernel.registry import house
from moothall.ui import frame

PACKS = Path(__file__).resolve().parents[2] / "packs"
ALL = sorted(path.parent.name for path in PACKS.glob("*/city.toml"))


def test_the_founding_cities_and_the_template_are_here():
    assert {"leeds", "leicester", "template"} <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_wrong_with_a_pack_we_ship(name):
    assert [str(problem) for problem in check_pack(PACKS / name, house)] == []


@pytest.mark.recordings
@pytest.mark.parametrize("name", ["leeds", "leicester"])
def test_every_recording_a_pack_plays_is_there(name, recordings):
    problems = check_pack(PACKS / name, house, recordings=recordings)
    assert [str(problem) for problem in problems] == []


@pytest.mark.parametrize(("name", "wards"), [("leicester", 21), ("leeds", 33)])
def test_a_founding_city_has_all_its_wards(name, wards):
    with (PACKS / name / "wards.csv").open(encoding="utf-8", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == wards


@pytest.mark.parametrize(
    ("name", "tags"), [("leicester", {"gu", "pa", "ur"}), ("leeds", {"ur", "pl"})]
)
def test_a_founding_city_names_the_languages_spoken_there(name, tags):
    city = tomllib.loads((PACKS / name / "city.toml").read_text(encoding="utf-8"))
    assert tags <= {row["tag"] for row in city["languages"]}


@pytest.mark.recordings
@pytest.mark.parametrize("name", ["leeds", "leicester"])
def test_the_wards_of_a_pack_are_those_of_the_national_lookup(name, recordings):
    file = "lookup_lsoa21_ward24_ltla24_leicester_leeds.csv"
    with (recordings / "civic" / "boundaries" / file).open(encoding="utf-8-sig") as lines:
        national = {
            (row["ward24_code"], row["ward24_name"])
            for row in csv.DictReader(lines)
            if row["ltla24_name"].lower() == name
        }
    with (PACKS / name / "wards.csv").open(encoding="utf-8", newline="") as lines:
        ours = {(row["gss"], row["name"]) for row in csv.DictReader(lines)}
    assert ours == national


def test_a_third_city_is_a_folder_edited_by_hand(tmp_path):
    york = tmp_path / "york"
    shutil.copytree(PACKS / "template", york)
    city = (york / "city.toml").read_text(encoding="utf-8")
    city = city.replace("Doggerby City Council", "City of York Council")
    city = city.replace('"Doggerby"', '"York"').replace("E06999999", "E06000014")
    city = city.replace(
        "west = 2.00, south = 54.70, east = 2.20, north = 54.80",
        "west = -1.23, south = 53.87, east = -0.91, north = 54.06",
    )
    (york / "city.toml").write_text(city, encoding="utf-8")

    told = [str(problem) for problem in check_pack(york, house)]
    assert any("North Bank lies outside the city's box" in line for line in told)
    assert any("the outline leaves the city's box" in line for line in told)
    assert any("[[gauge]] X0001" in line for line in told)

    credit = "https://geoportal.statistics.gov.uk/,OGL-UK-3.0"
    (york / "wards.csv").write_text(
        "gss,name,lat,lon,source,licence\n"
        f"E05010311,Acomb,53.9600,-1.1250,{credit}\n"
        f"E05010319,Guildhall,53.9600,-1.0800,{credit}\n",
        encoding="utf-8",
    )
    outline = (york / "outline.geojson").read_text(encoding="utf-8")
    start, end = outline.index("[\n     [\n"), outline.rindex("]\n    ]")
    ring = "[[-1.2, 53.9], [-0.95, 53.9], [-0.95, 54.0], [-1.2, 54.0], [-1.2, 53.9]"
    outline = outline[:start] + "[" + ring + outline[end:].replace("]\n    ]", "]]", 1)
    (york / "outline.geojson").write_text(outline, encoding="utf-8")
    for file in ("flood.toml", "places.csv", "corrections.csv"):
        (york / file).unlink()
    sources = (york / "SOURCES.md").read_text(encoding="utf-8")
    (york / "SOURCES.md").write_text(sources + "\nWards: OGL-UK-3.0.\n", encoding="utf-8")

    assert [str(problem) for problem in check_pack(york, house)] == []


@pytest.fixture
def fresh_pages():
    """Let no page of another city be kept, before or after."""
    kept.forget()
    frame.forget()
    yield
    kept.forget()
    frame.forget()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ALL)
def test_a_city_of_which_nothing_has_been_read_yet_has_its_pages_and_map(
    name, client, lake, in_city, fresh_pages
):
    pack = in_city(name)
    ward = pack.rows("wards")[0]
    for url in ("/", "/now/", "/plan/", "/inclusion/", f"/near/?ward={ward['gss']}"):
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert pack.city["name"] in answer.content.decode()
    assert escape(ward["name"]) in answer.content.decode()
    outlines = queries.list_ward_outlines()
    assert len(outlines) == len(pack.rows("wards"))
    assert all(outline.approximate for outline in outlines)
