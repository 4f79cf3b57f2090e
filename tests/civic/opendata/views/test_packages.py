"""A dataset and its description in one piece, and all of them in one file."""

import io
import json
import zipfile

import openpyxl
import pyarrow.parquet as pq
import pytest
import shapely

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.STORES = tmp_path


def take(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_a_package_names_every_file_of_a_dataset(client, probes):
    said = json.loads(take(client, "/data/probe.readings.datapackage.json"))
    assert said["name"] == "probe-readings"
    assert said["licenses"][0]["name"] == "OGL-UK-3.0"
    forms = {one["format"]: one for one in said["resources"]}
    assert set(forms) == {"csv", "xlsx", "parquet", "geojson", "json"}
    head = take(client, "/data/probe.readings.csv").decode().splitlines()[0].split(",")
    assert [field["name"] for field in forms["csv"]["schema"]["fields"]] == head


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_whole_city_is_one_file_that_describes_itself(client, probes, form):
    archive = zipfile.ZipFile(io.BytesIO(take(client, f"/data/everything.zip?form={form}")))
    assert archive.testzip() is None
    said = json.loads(archive.read("datapackage.json"))
    names = {one["path"] for one in said["resources"]}
    assert {f"data/probe.readings.{form}", f"data/probe.thing.{form}"} <= names
    assert names | {"datapackage.json", "README.txt"} == set(archive.namelist())
    assert not any("probe.person" in name or "probe.closed" in name for name in archive.namelist())
    for one in said["resources"]:
        assert one["bytes"] == archive.getinfo(one["path"]).file_size
    assert archive.read(f"data/probe.readings.{form}") == take(
        client, f"/data/probe.readings.{form}"
    )
    assert "OGL-UK-3.0" in archive.read("README.txt").decode()


def test_the_whole_city_is_asked_for_in_a_form_there_is(client, probes):
    answer = client.get("/data/everything.zip?form=pdf")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "form")


def test_parquet_of_what_has_a_place_is_geoparquet(client, probes):
    for name in ("probe.readings", "probe.thing"):
        table = pq.read_table(io.BytesIO(take(client, f"/data/{name}.parquet")))
        said = json.loads(table.schema.metadata[b"geo"])
        assert said["primary_column"] == "geometry"
        assert said["columns"]["geometry"]["encoding"] == "WKB"
        places = shapely.from_wkb(table["geometry"].to_pylist())
        assert {(place.x, place.y) for place in places} == {(-1.5, 53.8)}


def test_a_workbook_holds_every_row_and_says_what_it_is(client, probes):
    book = openpyxl.load_workbook(io.BytesIO(take(client, "/data/probe.readings.xlsx")))
    rows = list(book["Data"].values)
    assert len(rows) == 98
    at, value = rows[0].index("at"), rows[0].index("value")
    assert rows[1][at].isoformat() == "2026-01-04T12:15:00"
    assert rows[1][value] == 1.95
    texts = {row[rows[0].index("text")] for row in rows[1:]}
    assert "=cmd()|'x'!A1" in texts
    assert not any(cell.data_type == "f" for row in book["Data"].iter_rows() for cell in row)
    about = dict(row[:2] for row in book["About"].values)
    assert about["Licence"] == "OGL-UK-3.0"


def test_nobody_is_given_the_address_or_the_language_another_came_with(client, probes, settings):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]

    def read_me(**asked):
        answer = client.get("/data/everything.zip", **asked)
        body = b"".join(answer.streaming_content)
        return zipfile.ZipFile(io.BytesIO(body)).read("README.txt").decode()

    elsewhere = read_me(headers={"host": "other.example"})
    assert "http://other.example/data/" in elsewhere
    here = read_me()
    assert "other.example" not in here
    assert (
        client.get("/data/everything.zip")["ETag"]
        != (client.get("/data/everything.zip", headers={"accept-language": "gu"})["ETag"])
    )
