"""Each rule about packs is broken once on purpose, and the check must say so, where and how."""

import shutil
from pathlib import Path

import pytest

from moothall.kernel.pack_check.check import check_pack
from moothall.kernel.registry import house

TEMPLATE = Path(__file__).resolve().parents[3] / "packs" / "template"
REPLAY = """
[[recording]]
feed = "flood.readings"
file = "flood/readings.json"
recorded_at = 2025-02-06T16:20:35Z
time = "now"
"""


@pytest.fixture
def pack(tmp_path):
    """A whole pack to break: the template, with a recording."""
    folder = tmp_path / "doggerby"
    shutil.copytree(TEMPLATE, folder)
    (folder / "replay.toml").write_text(REPLAY, encoding="utf-8")
    return folder


def tell(folder, **options):
    return [str(problem) for problem in check_pack(folder, house, **options)]


def edit(folder, file, old, new):
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text, f"{file} does not say {old!r}"
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_whole_pack_has_no_problem(pack):
    assert tell(pack) == []


# What is broken: the file, what it says, what it says instead; and what the check must say.
BROKEN = {
    "no name": ("city.toml", 'name = "Doggerby"\n', "", '"name" is missing'),
    "no council": ("city.toml", 'council = "', 'office = "', '"council" is missing'),
    "unknown key": ("city.toml", "kind =", "knid =", 'nothing reads "knid" (did you mean "kind"?)'),
    "bad gss": ("city.toml", "E06999999", "Doggerby", "is not a GSS code"),
    "bad zone": (
        "city.toml",
        "Europe/London",
        "Europe/Lundon",
        '(did you mean "Europe/London"?)',
    ),
    "bad box": ("city.toml", "west = 2.00", "west = 3.00", "the box is none"),
    "box of words": ("city.toml", "west = 2.00", 'west = "2.00"', "the box is none"),
    "no source": (
        "city.toml",
        'source = "https://doggerby.example.org/"\nlicence = "CC0-1.0"\n\n# brand',
        "# brand",
        "the city has no source",
    ),
    "source that is no address": (
        "city.toml",
        'source = "https://doggerby.example.org/contact"',
        'source = "the web"',
        "the contact has a source that is no web address",
    ),
    "low contrast of the header": (
        "city.toml",
        'on_brand = "#ffffff"',
        'on_brand = "#7fd6cc"',
        "on_brand (#7fd6cc) on brand (#0b4f4a) has a contrast of",
    ),
    "low contrast of the line": ("city.toml", "#e8c66a", "#0c5550", "accent (#0c5550) on brand"),
    "low contrast of links": (
        "city.toml",
        'link = "#0b4f4a"',
        'link = "#7fd6cc"',
        "link (#7fd6cc) on #ffffff",
    ),
    "low contrast in the dark": (
        "city.toml",
        'link_dark = "#7fd6cc"',
        'link_dark = "#0b4f4a"',
        "link_dark (#0b4f4a) on #14181d",
    ),
    "no colour": ("city.toml", "#e8c66a", "gold", 'the colour "accent" is not like #173a6b'),
    "unknown colour": ("city.toml", "link_dark =", "dark_link =", 'nothing reads "dark_link"'),
    "bad language": ("city.toml", '"cy"', '"welsh!"', "'welsh!' is not a language tag"),
    "unknown language": ("city.toml", '"cy"', '"qx"', "'qx' is not a language tag"),
    "language twice": ("city.toml", '"cy"', '"en-gb"', "'en-gb' is listed twice"),
    "language without a name": ("city.toml", 'name = "Cymraeg"\n', "", 'has no "name"'),
    "insecure address": (
        "city.toml",
        'open_data = "https:',
        'open_data = "http:',
        "is not a secure address",
    ),
    "no TOML": ("city.toml", 'name = "Doggerby"', "name = Doggerby", "not TOML"),
    "unknown licence": (
        "flood.toml",
        "CC0-1.0",
        "CC0-1",
        "a licence we do not know: 'CC0-1' (did you mean \"CC0-1.0\"?)",
    ),
    "row without a licence": (
        "flood.toml",
        'licence = "CC0-1.0"\n',
        "",
        "[[gauge]] X0001 has no licence",
    ),
    "row outside the box": (
        "flood.toml",
        "lat = 54.75",
        "lat = 53.75",
        "[[gauge]] X0001 lies outside the city's box",
    ),
    "unknown feed": (
        "flood.toml",
        "[feeds.readings]",
        "[feeds.readngs]",
        'there is no feed "flood.readngs" (did you mean "readings"?)',
    ),
    "feed that is no table": (
        "flood.toml",
        "[feeds.readings]\n",
        "feeds.readings = true\n",
        "feeds.readings is not a table",
    ),
    "row not whole": (
        "flood.toml",
        'river = "River Dogger"\n',
        "",
        "[[gauge]] X0001 has no river",
    ),
    "row at no position": (
        "flood.toml",
        "lat = 54.75",
        'lat = "54.75"',
        "[[gauge]] X0001 has a position that is not two numbers",
    ),
    "row twice": (
        "energy.toml",
        "[[region]]",
        '[[region]]\nid = 5\nname = "Yorkshire"\nsource = "https://x.example.org/"\n'
        'licence = "CC-BY-4.0"\n\n[[region]]',
        "[[region]] 5 is there twice",
    ),
    "what the service itself finds": (
        "energy.toml",
        "id = 5",
        "id = 6",
        "[[region]] 6 is",
    ),
    "unknown dataset": (
        "flood.toml",
        'name = "Herring Quay"',
        'name = "Herring Quay"\ndataset = "flood.reading"',
        'dataset names "flood.reading", and there is none (did you mean "flood.readings"?)',
    ),
    "bad series": (
        "flood.toml",
        'name = "Herring Quay"',
        'name = "Herring Quay"\nseries = "the quay"',
        "'the quay' is not the key of a series",
    ),
    "series of no service": (
        "flood.toml",
        'name = "Herring Quay"',
        'name = "Herring Quay"\nseries = ["fluod.quay.level_m"]',
        'series names "fluod", and there is none (did you mean "flood"?)',
    ),
    "unknown policy": (
        "flood.toml",
        'name = "Herring Quay"',
        'name = "Herring Quay"\npolicy = "as-it-pleases"',
        'policy names "as-it-pleases", and there is none',
    ),
    "condition": (
        "energy.toml",
        "id = 5",
        'id = 5\nif = "winter"',
        '"if" is a condition',
    ),
    "expression": ("energy.toml", '"Yorkshire"', '"{{ region }}"', "is an expression"),
    "layer twice": (
        "places.toml",
        "[feeds.postcodes]",
        '[[feeds.boundaries.layers]]\nlevel = "ward"\nurl = "x"\ncode = "c"\nname = "n"\n\n'
        "[feeds.postcodes]",
        "two layers of boundaries are both 'ward'",
    ),
    "layer without a url": (
        "places.toml",
        'url = "https://doggerby.example.org/wards.geojson"\n',
        "",
        "a layer of boundaries lacks url",
    ),
    "link to nothing": (
        "strategy.toml",
        '["stay-dry"]',
        '["stay-dri"]',
        '(did you mean "stay-dry"?)',
    ),
    "service that is not there": (
        "strategy.toml",
        '["flood"]',
        '["tides"]',
        'names the service "tides", and there is none',
    ),
    "ward without a code": ("wards.csv", "E05999001", "North", "'North' is not a GSS code"),
    "ward twice": (
        "wards.csv",
        "E05999002",
        "E05999001",
        "the gss 'E05999001' is on line 2 already",
    ),
    "ward outside": ("wards.csv", "54.7800", "55.7800", "North Bank lies outside the city's box"),
    "ward turned about": ("wards.csv", "54.7800,2.1000", "2.1000,54.7800", "Exchange lat and lon"),
    "ward outside the outline": (
        "wards.csv",
        "54.7800,2.1000",
        "54.7990,2.0010",
        "North Bank lies outside the city's outline",
    ),
    "ward nowhere": ("wards.csv", "54.7800", "north", "its lat and lon are not numbers"),
    "ward without a source": (
        "wards.csv",
        "2.1000,https://doggerby.example.org/wards",
        "2.1000,",
        "the row has no source",
    ),
    "ward cut short": (
        "wards.csv",
        ",CC0-1.0\nE05999002",
        "\nE05999002",
        "the line has not 6 columns",
    ),
    "column missing": ("wards.csv", "gss,name", "gss,title", 'there is no column "name"'),
    "column unknown": ("wards.csv", "licence\n", "license\n", '(did you mean "licence"?)'),
    "place twice": (
        "places.csv",
        "herring-museum",
        "town-hall",
        "the id 'town-hall' is on line 2 already",
    ),
    "place badly named": ("places.csv", "town-hall,", "Town Hall,", "the id 'Town Hall' is not"),
    "place outside": ("places.csv", "54.75110", "53.75110", "Doggerby Town Hall lies outside"),
    "place without a licence": (
        "places.csv",
        "museum,CC0-1.0",
        "museum,",
        "the row has no licence",
    ),
    "correction of no feed": (
        "corrections.csv",
        "flood.readings",
        "flood.readngs",
        '(did you mean "flood.readings"?)',
    ),
    "correction by nobody": ("corrections.csv", "A. Keeper", "", "the correction says no who"),
    "correction of no day": ("corrections.csv", "2026-01-05", "Monday", "'Monday' is not a date"),
    "outline that is none": (
        "outline.geojson",
        '"features"',
        '"shapes"',
        "not a FeatureCollection of one outline",
    ),
    "outline outside": ("outline.geojson", "2.20, 54.76", "2.90, 54.76", "leaves the city's box"),
    "outline crossing itself": (
        "outline.geojson",
        "[2.19, 54.70]",
        "[2.05, 54.79]",
        "the outline is no valid polygon",
    ),
    "outline without a licence": (
        "outline.geojson",
        '"licence": "CC0-1.0"',
        '"licence": ""',
        "the outline has no licence",
    ),
    "recording of no feed": (
        "replay.toml",
        "flood.readings",
        "flood.reading",
        'there is no feed "flood.reading" (did you mean "flood.readings"?)',
    ),
    "recording of a feed that is off": (
        "replay.toml",
        "flood.readings",
        "flood.stations",
        "flood.stations has a recording and is not switched on",
    ),
    "recording that leaves its folder": (
        "replay.toml",
        "flood/readings.json",
        "../../etc/passwd",
        "does not stay under the folder of recordings",
    ),
    "recording from the root": (
        "replay.toml",
        "flood/readings.json",
        "/etc/passwd",
        "does not stay under the folder of recordings",
    ),
    "recording at no instant": (
        "replay.toml",
        "2025-02-06T16:20:35Z",
        "2025-02-06T16:20:35",
        "recorded_at is not an instant with its offset",
    ),
    "recording moved oddly": ("replay.toml", '"now"', '"later"', "is not a way to move times"),
    "recording with an unknown key": ("replay.toml", "time =", "tiem =", '(did you mean "time"?)'),
    "licence the sources page leaves out": (
        "SOURCES.md",
        "CC-BY-4.0",
        "its own",
        "it does not name CC-BY-4.0",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_told_with_its_file(pack, file, old, new, said):
    edit(pack, file, old, new)
    told = tell(pack)
    assert any(said in line and line.startswith(f"{file}") for line in told), told


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("flood.toml", "lat = 54.75", "lat = 53.75", "flood.toml:9: "),
        ("energy.toml", "id = 5", 'id = 5\nunless = "x"', "energy.toml:6: "),
        ("wards.csv", "E05999003", "E05999001", "wards.csv:4: "),
        ("replay.toml", '"now"', '"later"', "replay.toml:6: "),
        ("city.toml", 'brand = "#0b4f4a"', "brand = #0b4f4a", "city.toml:"),
        ("city.toml", '"cy"', '"qx"', "city.toml:46: "),
    ],
)
def test_the_line_is_told_too(pack, file, old, new, line):
    edit(pack, file, old, new)
    assert any(told.startswith(line) for told in tell(pack)), tell(pack)


@pytest.mark.parametrize("file", ["city.toml", "wards.csv", "outline.geojson", "SOURCES.md"])
def test_a_file_every_pack_needs_is_missed(pack, file):
    (pack / file).unlink()
    assert any(file in line and "no such" in line for line in tell(pack))


def test_a_section_of_no_service_is_told_with_the_nearest(pack):
    (pack / "flood.toml").rename(pack / "fluod.toml")
    assert any('no service "fluod" (did you mean "flood"?)' in line for line in tell(pack))


def test_a_table_of_any_name_needs_its_sources(pack):
    (pack / "benches.csv").write_text("id,name\n1,By the quay\n", encoding="utf-8")
    assert any('benches.csv:1: there is no column "source"' in line for line in tell(pack))


@pytest.mark.parametrize("name", ["rules.py", "run.sh", "deeper"])
def test_a_pack_holds_no_code_and_no_folders(pack, name):
    path = pack / name
    path.write_text("pass") if path.suffix else path.mkdir()
    assert any(line.startswith(name) for line in tell(pack))


def test_a_link_out_of_the_pack_is_told(pack):
    (pack / "linked.csv").symlink_to("/etc/hostname")
    assert any(line.startswith("linked.csv: a pack holds only") for line in tell(pack))


@pytest.mark.parametrize("file", ["city.toml", "wards.csv"])
def test_a_file_that_is_not_utf_8_is_told_and_not_raised(pack, file):
    (pack / file).write_bytes(b"\xff\xfe\x00name")
    assert any(line.startswith(f"{file}: not UTF-8") for line in tell(pack))


def test_a_recording_that_is_not_there_is_told_where_recordings_are(pack, tmp_path):
    assert tell(pack) == []
    told = tell(pack, recordings=tmp_path)
    assert any("there is no flood/readings.json under" in line for line in told)
    (tmp_path / "flood").mkdir()
    (tmp_path / "flood" / "readings.json").write_text("{}")
    assert tell(pack, recordings=tmp_path) == []


def test_a_folder_that_is_no_pack_is_told(tmp_path):
    (told,) = tell(tmp_path)
    assert "has no such file" in told


def test_all_that_is_wrong_is_told_at_once_in_order(pack):
    edit(pack, "wards.csv", "E05999001", "x")
    edit(pack, "wards.csv", "E05999003", "y")
    edit(pack, "city.toml", "E06999999", "z")
    files = [line.partition(": ")[0] for line in tell(pack)]
    assert files == ["city.toml:8", "wards.csv:2", "wards.csv:4"]
