"""Slips a data officer makes in the first hour: each is told with file, line and cure."""

import re
import shutil
from pathlib import Path

import pytest

from moothall.kernel.pack_check.check import check_pack
from moothall.kernel.registry import house

TEMPLATE = Path(__file__).resolve().parents[3] / "packs" / "template"
TABLES = """
[feeds.noise]
title = "Noise in the street"
publisher = "Doggerby City Council"
source = "https://doggerby.example.org/noise"
licence = "CC0-1.0"
url = "https://doggerby.example.org/noise.csv"
format = "csv"
delimiter = ";"
decimal = ","
time = "%d.%m.%Y %H:%M"
columns = { id = "Place", name = "Name", at = "Time", lat = "Lat", lon = "Lon" }

[[feeds.noise.measure]]
key = "level_db"
title = "Noise level"
column = "Level"
unit = "dB"

[[feeds.noise.fact]]
key = "street"
title = "Street"
column = "Street"
"""


@pytest.fixture
def pack(tmp_path):
    """A whole pack to break: the template, with an open table of its own."""
    folder = tmp_path / "doggerby"
    shutil.copytree(TEMPLATE, folder)
    (folder / "tables.toml").write_text(TABLES, encoding="utf-8")
    return folder


def tell(folder):
    return [str(problem) for problem in check_pack(folder, house)]


def edit(folder, file, old, new):
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text, f"{file} does not say {old!r}"
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_whole_pack_has_no_problem(pack):
    assert tell(pack) == []


T, C, W, P = "tables.toml", "city.toml", "wards.csv", "places.csv"
SLIPS = {
    # codes
    "council code of a ward": (C, "E06999999", "E05999999", "is the GSS code of no council"),
    "ward code of a council": (W, "E05999001", "E06999001", "is the GSS code of no ward"),
    "ward code of a small area": (W, "E05999001", "E01999001", "is the GSS code of no ward"),
    "ward of another country": (W, "E05999001", "W05999001", "of another country than E06999999"),
    "country in words": (C, 'gss = "', 'country = "Wales"\ngss = "', "'Wales' is not a country"),
    "country that is none": (C, 'gss = "', 'country = "UK"\ngss = "', "'UK' is not a country"),
    "no code in Britain": (C, 'gss = "E06999999"\n', "", '"gss" is missing'),
    "a word for one part alone": (
        C,
        "[contact]",
        '[words]\nward = "district"\n\n[contact]',
        'words has no "wards"',
    ),
    # the city
    "box turned about": (
        C,
        "west = 2.00, south = 54.70, east = 2.20, north = 54.80",
        "west = 54.70, south = 2.00, east = 54.80, north = 2.20",
        "lies outside the city's box",
    ),
    "box half given": (C, ", north = 54.80", "", "the box is none"),
    "colour in three digits": (C, "#0b4f4a", "#0b4", "is not like #173a6b"),
    "councillors in words": (C, "councillors = 9", 'councillors = "nine"', "councillors is 'nine'"),
    "address without https": (C, "https://data.", "data.", "is not a secure address"),
    "outline elsewhere": (C, '"outline.geojson"', '"outlines.geojson"', "there is no such file"),
    "bracket left open": (C, "[colours]", "[colours", "not TOML"),
    "key stated twice": (C, 'kind = "', 'name = "Again"\nkind = "', "not TOML"),
    "table stated twice": (C, "[contact]", "[colours]\n[contact]", "not TOML"),
    "quotation mark left out": (C, '"Doggerby City Council"', '"Doggerby City Council', "not TOML"),
    "misspelt contact": (C, "telephone =", "telefone =", '(did you mean "telephone"?)'),
    # rows of services
    "misspelt file": ("flood.toml", None, "floods.toml", '(did you mean "flood"?)'),
    "feeds as a list": (
        "energy.toml",
        "[feeds.carbon_intensity]",
        "[[feeds.carbon_intensity]]",
        "is not a table",
    ),
    "feed of another service": (
        "energy.toml",
        "[feeds.carbon_intensity]",
        "[feeds.readings]",
        'there is no feed "energy.readings"',
    ),
    "row of a misspelt table": (
        "energy.toml",
        "[[region]]",
        "[[regoin]]",
        '(did you mean "region"?)',
    ),
    "one bracket for a row": ("energy.toml", "[[region]]", "[region]", "two brackets"),
    "places left in quotation marks": (
        "flood.toml",
        "lat = 54.75",
        'lat = "54.75"',
        "a position that is not two numbers",
    ),
    "decimal comma in a table": (W, "54.7800,2.1000", '"54,78","2,1"', "are not numbers"),
    "semicolons in a table": (
        W,
        "gss,name,lat,lon,source,licence",
        "gss;name;lat;lon;source;licence",
        "parted by semicolons",
    ),
    "no wards at all": (W, "", None, "it lists no wards"),
    "place of no name": (P, "Museum of the Herring", "", "the place has no name"),
    "misspelt key of a row that need not be": (
        "flood.toml",
        "lat = 54.75",
        'datun = "gauge"\nlat = 54.75',
        'nothing reads "datun" (did you mean "datum"?)',
    ),
    "misspelt key of a feed": (
        "places.toml",
        "files = ",
        "flies = ",
        'nothing reads "flies" (did you mean "files"?)',
    ),
    "misspelt key of a row of a feed": (
        "places.toml",
        "vintage = ",
        "vintag = ",
        'nothing reads "vintag" (did you mean "vintage"?)',
    ),
    "key of a feed that reads none": (
        "energy.toml",
        "[feeds.carbon_intensity]",
        '[feeds.carbon_intensity]\npublsher = "Doggerby"',
        '(did you mean "publisher"?)',
    ),
    "misspelt key of a section": (
        "places.toml",
        "source = ",
        'lisence = "CC0-1.0"\nsource = ',
        '(did you mean "licence"?)',
    ),
    # open tables
    "table without a title": (T, 'title = "Noise in the street"\n', "", 'noise" has no title'),
    "table without a licence": (T, 'licence = "CC0-1.0"\n', "", 'noise" has no licence'),
    "table of a misspelt licence": (T, '"CC0-1.0"', '"CCO-1.0"', '(did you mean "CC0-1.0"?)'),
    "table of an unknown format": (T, '"csv"', '"excel"', "is no format that can be read"),
    "xml without its rows": (T, '"csv"', '"xml"', "which element of the XML is a row"),
    "misspelt key of a table": (T, "delimiter =", "delimeter =", '(did you mean "delimiter"?)'),
    "delimiter in words": (T, '";"', '"semicolon"', "is not one character"),
    "decimal sign that is none": (T, 'decimal = ","', 'decimal = "comma"', "is no decimal sign"),
    "time that is no pattern": (T, '"%d.%m.%Y %H:%M"', '"DD.MM.YYYY"', "is no way to write a time"),
    "zone that is none": (T, "decimal =", 'time_zone = "CET+1"\ndecimal =', "is not a time zone"),
    "no column of ids": (T, 'id = "Place", ', "", "no column names each thing"),
    "latitude alone": (T, ', lon = "Lon"', "", "lat and lon go together"),
    "column that nothing reads": (T, "name = ", "nmae = ", '(did you mean "name"?)'),
    "measure without a column": (T, 'column = "Level"\n', "", "a measure has no column"),
    "measure named badly": (T, '"level_db"', '"Level dB"', "cannot be part of a series' name"),
    "misspelt key of a measure": (T, 'unit = "dB"', 'units = "dB"', '(did you mean "unit"?)'),
    "fact of an unknown type": (
        T,
        'column = "Street"',
        'column = "Street"\ntype = "date"',
        "'date' is no type",
    ),
    "table that says nothing": (
        T,
        TABLES[TABLES.index("[[feeds.noise.measure") :],
        "",
        "measures nothing",
    ),
    "table read every nothing": (
        T,
        "decimal =",
        "every_minutes = 0\ndecimal =",
        "every_minutes is 0",
    ),
    "address that is a path": (
        T,
        '"https://doggerby.example.org/noise.csv"',
        '"noise.csv"',
        "is no web address",
    ),
    # the strategy
    "item of no level": (
        "strategy.toml",
        'level = "',
        'level = "x',
        "is of no level there is",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_with_its_file_and_its_cure(slip, pack):
    file, old, new, said = SLIPS[slip]
    if old is None:
        (pack / file).rename(pack / new)
        file = new
    elif new is None:
        text = (pack / file).read_text(encoding="utf-8")
        (pack / file).write_text(text.splitlines()[0] + "\n", encoding="utf-8")
    else:
        edit(pack, file, old, new)
    told = tell(pack)
    assert any(said in line for line in told), told
    # Each says where: a file at least, and its line wherever the slip stands on one.
    assert all(re.match(r"[\w.-]+(:\d+)?: .+\. .+\.$", line) for line in told), told


def test_a_city_of_another_country_has_codes_of_its_own(pack):
    edit(pack, "city.toml", 'gss = "E06999999"\n', 'country = "DE"\n')
    wards = (pack / "wards.csv").read_text(encoding="utf-8")
    wards = wards.replace("gss,", "code,").replace("E05999001", "08111-01")
    (pack / "wards.csv").write_text(wards, encoding="utf-8")
    assert tell(pack) == []


def test_a_city_needs_no_outline(pack):
    edit(pack, "city.toml", 'outline = "outline.geojson"\n', "")
    (pack / "outline.geojson").unlink()
    assert tell(pack) == []


def test_terms_of_a_publishers_own_may_be_named(pack):
    edit(pack, "tables.toml", '"CC0-1.0"', '"LicenseRef-Doggerby-terms"')
    assert tell(pack) == []


def test_what_a_service_finds_wrong_with_a_row_is_told_with_its_line(pack):
    edit(pack, "energy.toml", "id = 5", "id = 99")
    told = [line for line in tell(pack) if line.startswith("energy.toml:")]
    assert told, tell(pack)
