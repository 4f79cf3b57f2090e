"""Dirty files, brought one by one: each works or is refused in a sentence, and what was public
stands until something better is published."""

import io
import json
import math
import tempfile
import uuid
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from moothall.kernel.tables import versions
from moothall.standards.tables import reading
from moothall.standards.tables.faults import SORTS

pytestmark = pytest.mark.django_db

GOOD = b"id,kind,n\n1,oak,10\n2,ash,20\n"
MANY = "".join(f"{n},oak,{n}\n" for n in range(1, 21))


def zipped(**files):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), body)
    return sink.getvalue()


def parquet():
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": [1, 2], "kind": ["oak", "ash"]}), sink)
    return sink.getvalue()


def xlsx(*rows):
    import xlsxwriter

    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return sink.getvalue()


def geojson(*features):
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def geopackage(*, placed=True):
    """A GeoPackage of two trees, with places or without any."""
    import numpy as np
    import pyogrio
    import shapely

    points = shapely.to_wkb([shapely.Point(-1.5, 53.8), shapely.Point(-1.6, 53.9)])
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/trees.gpkg"
        pyogrio.raw.write(
            path,
            geometry=points if placed else None,
            field_data=[np.array([1, 2]), np.array(["oak", "ash"], dtype=object)],
            fields=["id", "kind"],
            geometry_type="Point" if placed else None,
            crs="EPSG:4326" if placed else None,
        )
        return Path(path).read_bytes()


def shapefile(*, projection=True):
    """A zipped shapefile of two trees, with its projection or without."""
    import numpy as np
    import pyogrio
    import shapely

    points = shapely.to_wkb([shapely.Point(-1.5, 53.8), shapely.Point(-1.6, 53.9)])
    with tempfile.TemporaryDirectory() as folder:
        pyogrio.raw.write(
            f"{folder}/trees.shp",
            geometry=points,
            field_data=[np.array([1, 2])],
            fields=["id"],
            geometry_type="Point",
            crs="EPSG:4326",
        )
        parts = {
            f"trees{one.suffix}": one.read_bytes()
            for one in Path(folder).iterdir()
            if projection or one.suffix != ".prj"
        }
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return sink.getvalue()


def with_part(book, name, body):
    """A workbook in which one part says something else."""
    sink = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as old,
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for one in old.namelist():
            new.writestr(one, body if one == name else old.read(one))
    return sink.getvalue()


def ods(content):
    """A spreadsheet of LibreOffice's, with this as its content."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
            "/>",
        )
    return sink.getvalue()


BOOK = xlsx(("id", "kind"), (1, "oak"), (2, "ash"))
ENTITY = "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>"
POINT = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [-1.5, 53.8]}}

# What comes, under which name, and what is told: of the rows read, or a sentence.
READ = {
    "utf-8 with a mark": (b"\xef\xbb\xbf" + GOOD, "a.csv", 2),
    "utf-16": (GOOD.decode().encode("utf-16"), "a.csv", 2),
    "utf-16 without a mark": (GOOD.decode().encode("utf-16-le"), "a.csv", 2),
    "windows-1252": ("id,kind\n1,Café\n2,£9\n".encode("cp1252"), "a.csv", 2),
    "two encodings": (b"id,kind\n1,Caf\xc3\xa9\n2,Caf\xe9\n", "a.csv", 2),
    "mojibake": ("id,kind\n1,CafÃ©\n2,oak\n".encode(), "a.csv", 2),
    "null characters": (b"id,kind\n1,o\x00ak\n2,ash\n", "a.csv", 2),
    "semicolons": (GOOD.replace(b",", b";"), "a.csv", 2),
    "tabs": (GOOD.replace(b",", b"\t"), "a.tsv", 2),
    "pipes": (GOOD.replace(b",", b"|"), "a.txt", 2),
    "a line that names the delimiter": (b"sep=;\n" + GOOD.replace(b",", b";"), "a.csv", 2),
    "old Mac line ends": (GOOD.replace(b"\n", b"\r"), "a.csv", 2),
    "Windows line ends": (GOOD.replace(b"\n", b"\r\n"), "a.csv", 2),
    "no line end at the end": (GOOD.rstrip(), "a.csv", 2),
    "decimal commas": (b"id;n\n1;1,5\n2;2,75\n", "a.csv", 2),
    "thousands": (b'id,n\n1,"1,500"\n2,"22,750"\n', "a.csv", 2),
    "pounds": ("id,n\n1,£1.50\n2,£22\n".encode(), "a.csv", 2),
    "mixed dates": (b"id,d\n1,2020-01-05\n2,06/01/2020\n3,7 Jan 2020\n", "a.csv", 3),
    "a day there is none of": (
        b"id,d\n" + b"1,2020-01-05\n" * 15 + b"99,2020-02-31\n",
        "a.csv",
        16,
    ),
    "words for nothing": (f"id,kind,n\n{MANY}21,oak,No data\n".encode(), "a.csv", 21),
    "spreadsheet errors": (f"id,kind,n\n{MANY}21,oak,#REF!\n".encode(), "a.csv", 21),
    "a title above": (b"Trees of the city,,\n,,\n" + GOOD, "a.csv", 2),
    "headings merged": (b"Tree,,Size,\n,,m,cm\n1,oak,10,3\n2,ash,20,4\n", "a.csv", 2),
    "no headings": (b"1,10\n2,20\n3,30\n", "a.csv", 3),
    "headings alike": (b"id,n,n\n1,2,3\n2,3,4\n", "a.csv", 2),
    "a heading missing": (b"id,,n\n1,2,3\n2,3,4\n", "a.csv", 2),
    "headings again": (GOOD + GOOD, "a.csv", 4),
    "rows too short and too long": (GOOD + b"3\n4,elm,1,2,3\n", "a.csv", 4),
    "blank rows": (b"\n\n" + GOOD + b"\n,,\n\n", "a.csv", 2),
    "a quotation mark never closed": (GOOD + b'3,"elm,1\n4,fir,2\n', "a.csv", 4),
    "a cell of several lines": (b'id,kind\n1,"oak\nor ash"\n2,elm\n', "a.csv", 2),
    "formulas": (b"id,kind\n1,=1+1\n2,@sum(1)\n", "a.csv", 2),
    "a thousand columns": (
        (",".join(f"c{n}" for n in range(1000)) + "\n" + ",".join("1" * 1000) + "\n").encode(),
        "a.csv",
        1,
    ),
    "a workbook": (xlsx(("id", "kind"), (1, "oak"), (2, "ash")), "a.xlsx", 2),
    "a workbook called CSV": (xlsx(("id", "kind"), (1, "oak")), "a.csv", 1),
    "a CSV called a workbook": (GOOD, "a.xlsx", 2),
    "a CSV in a zip": (zipped(a_csv=GOOD), "a.zip", 2),
    "Parquet": (parquet(), "a.parquet", 2),
    "GeoJSON with a place that is none": (
        geojson(
            {**POINT, "properties": {"id": 1}},
            {"type": "Feature", "geometry": {"type": "Point"}, "properties": {"id": 2}},
        ),
        "a.geojson",
        2,
    ),
    "a list of objects": (b'[{"id": 1, "kind": "oak"}, {"id": 2}]', "a.json", 2),
    "utf-16 the other way round": (GOOD.decode().encode("utf-16-be"), "a.csv", 2),
    "a heading alone": (b"id,kind,n\n", "a.csv", 0),
    "a huge cell": (b"id,kind\n1," + b"x" * 2_000_000 + b"\n2,ash\n", "a.csv", 2),
    "a number nobody can hold": (
        b"id,n\n" + b"1,1e308\n" * 18 + b"2,1e999\n3,-1e308\n",
        "a.csv",
        20,
    ),
    "zeros that lead": (b"phone,code\n01132224444,007\n01162527000,010\n", "a.csv", 2),
    "dates before 1900": (b"id,d\n1,1832-06-07\n2,1066-10-14\n", "a.csv", 2),
    "percent": (b"id,share\n1,50%\n2,7.5%\n", "a.csv", 2),
    "a row of sums at the end": (f"id,kind,n\n{MANY}Total,,210\n".encode(), "a.csv", 21),
    "a footnote": (f"id,kind,n\n{MANY}Source: the council's own count,,\n".encode(), "a.csv", 21),
    "a workbook with formulas": (xlsx(("id", "n"), (1, 2), (2, "=SUM(B2:B2)")), "a.xlsx", 2),
    "a place with a bad ring": (
        geojson(
            {
                "type": "Feature",
                "properties": {"id": 1},
                "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
            },
            {**POINT, "properties": {"id": 2}},
        ),
        "a.geojson",
        2,
    ),
    "a GeoPackage": (geopackage(), "a.gpkg", 2),
    "a GeoPackage without places": (geopackage(placed=False), "a.gpkg", 2),
    "a shapefile": (shapefile(), "a.zip", 2),
    "a shapefile that does not say its projection": (shapefile(projection=False), "a.zip", 2),
}
REFUSED = {
    "empty": (b"", "a.csv"),
    "blank": (b" \n \n", "a.csv"),
    "a page": (b"<!doctype html><html>", "a.csv"),
    "a PDF": (b"%PDF-1.4", "a.csv"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(64), "a.csv"),
    "an entity from elsewhere": (
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        "a.csv",
    ),
    "a zip of nothing": (zipped(), "a.zip"),
    "a zip of two": (zipped(a_csv=GOOD, b_csv=GOOD), "a.zip"),
    "a zip cut short": (zipped(a_csv=GOOD)[:60], "a.zip"),
    "a workbook cut short": (xlsx(("id",), (1,))[:900], "a.xlsx"),
    "Parquet cut short": (parquet()[:-20], "a.parquet"),
    "a workbook with a password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le"),
        "a.xlsx",
    ),
    "a workbook that unpacks without end": (
        with_part(BOOK, "xl/worksheets/sheet1.xml", b"<" + bytes(3 * 2**20)),
        "a.xlsx",
    ),
    "a spreadsheet with an entity from elsewhere": (
        ods(f"<?xml version='1.0'?>{ENTITY}<a>&b;</a>"),
        "a.ods",
    ),
    "a shapefile without its table of places": (zipped(trees_shp=b"x" * 200), "a.zip"),
    "too many columns": (",".join(f"c{n}" for n in range(2500)).encode() + b"\n1\n", "a.csv"),
}


@pytest.fixture
def publisher(sign_in, lake, settings, tmp_path, in_city):
    """A publisher, with a good version published."""
    in_city("leeds")
    settings.RAW_STORE = str(tmp_path / "raw")
    client = sign_in("publisher")
    about = {"title": "t", "summary": "s", "publisher": "p", "licence": "CC0-1.0"}
    file = SimpleUploadedFile("good.csv", GOOD)
    asked = str(uuid.uuid4())
    client.post("/desk/data/new/", {**about, "contact": "a@b.uk", "asked": asked, "file": file})
    publish(client)
    return client


def publish(client):
    digest = versions.get_version("draft.t").digest
    form = {"digest": digest, "meant": "on", "why": "It is a test of dirty files."}
    assert client.post("/desk/data/t/publish", form).status_code == 302


@pytest.mark.parametrize(("body", "name", "rows"), READ.values(), ids=READ)
def test_a_dirty_file_is_read_whole_and_what_was_read_can_be_written(body, name, rows):
    found = reading.read(body, name=name)
    assert found.table.num_rows == rows
    assert len(found.columns) >= 1
    assert set(found.faults["sort"].to_pylist()) <= set(SORTS)
    names = [column.name for column in found.columns]
    assert len(set(names)) == len(names)
    for column in found.columns:
        for value in found.table[column.name].to_pylist():
            assert not isinstance(value, float) or math.isfinite(value)


def test_what_was_read_is_typed_as_it_was_meant():
    def typed(which):
        body, name, _rows = READ[which]
        found = reading.read(body, name=name)
        return {one.name: one.type for one in found.columns}, found.table.to_pylist()

    types, rows = typed("zeros that lead")
    assert types == {"phone": "string", "code": "string"}
    assert rows[0]["phone"] == "01132224444"
    types, rows = typed("dates before 1900")
    assert (types["d"], rows[1]["d"].year) == ("date", 1066)
    types, rows = typed("a number nobody can hold")
    assert (types["n"], [row["n"] for row in rows[17:]]) == ("number", [1e308, None, -1e308])
    types, rows = typed("percent")
    assert (types["share"], len(rows)) == ("number", 2)


PUBLISHED = ("utf-16", "headings alike", "rows too short and too long", "formulas", "a GeoPackage")


def test_dirty_files_are_published_one_after_the_other(publisher):
    anyone = Client()
    for which, (body, name, rows) in READ.items():
        if not which.startswith(PUBLISHED) or which.startswith("utf-16 "):
            continue
        answer = publisher.post("/desk/data/t/load", {"file": SimpleUploadedFile(name, body)})
        assert answer.status_code == 302, which
        assert publisher.get("/desk/data/t/check/").status_code == 200
        if versions.get_version("draft.t").digest != versions.get_version("table.t").digest:
            publish(publisher)
        for ending in ("/", ".csv", ".parquet", "/faults/", "/faults.csv", "/schema.json"):
            assert anyone.get(f"/data/table.t{ending}").status_code == 200, (which, ending)
        told = json.loads(anyone.get("/data/table.t.json").getvalue())
        assert len(told["rows"]) == rows


@pytest.mark.parametrize(("body", "name"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence(body, name):
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$") as refusal:
        reading.read(body, name=name, most_bytes=2 * 2**20)
    assert "Traceback" not in str(refusal.value)
    assert "passwd" not in str(refusal.value)


def test_what_is_refused_changes_nothing_that_is_public(publisher):
    for which, (body, name) in REFUSED.items():
        answer = publisher.post("/desk/data/t/load", {"file": SimpleUploadedFile(name, body)})
        assert answer.status_code == 400, which
        page = answer.content.decode()
        sentence = page.partition('govuk-error-summary__list">')[2].partition("</li>")[0]
        assert sentence.rstrip().endswith("."), which
        assert "Traceback" not in page
    assert json.loads(Client().get("/data/table.t.json").getvalue())["rows"] == [
        {"id": 1, "kind": "oak", "n": 10},
        {"id": 2, "kind": "ash", "n": 20},
    ]
