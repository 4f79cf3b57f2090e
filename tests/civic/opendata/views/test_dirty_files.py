"""Forty dirty files, brought one by one: each works or is refused in a sentence, and what was
public stands until something better is published."""

import io
import json
import uuid
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from moothall.kernel.tables import versions

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
def test_a_dirty_file_is_read_whole_and_published(publisher, body, name, rows):
    answer = publisher.post("/desk/data/t/load", {"file": SimpleUploadedFile(name, body)})
    assert answer.status_code == 302
    assert publisher.get("/desk/data/t/check/").status_code == 200
    assert versions.get_version("draft.t").rows == rows
    if versions.get_version("draft.t").digest != versions.get_version("table.t").digest:
        publish(publisher)
    anyone = Client()
    for ending in ("/", ".csv", ".json", ".parquet", "/faults/", "/faults.csv"):
        assert anyone.get(f"/data/table.t{ending}").status_code == 200, ending
    told = json.loads(anyone.get("/data/table.t.json").getvalue())
    assert len(told["rows"]) == rows


@pytest.mark.parametrize(("body", "name"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence_and_nothing_public_changes(
    publisher, body, name
):
    answer = publisher.post("/desk/data/t/load", {"file": SimpleUploadedFile(name, body)})
    assert answer.status_code == 400
    page = answer.content.decode()
    sentence = page.partition('govuk-error-summary__list">')[2].partition("</li>")[0]
    assert sentence.rstrip().endswith(".")
    assert "Traceback" not in page
    assert json.loads(Client().get("/data/table.t.json").getvalue())["rows"] == [
        {"id": 1, "kind": "oak", "n": 10},
        {"id": 2, "kind": "ash", "n": 20},
    ]
