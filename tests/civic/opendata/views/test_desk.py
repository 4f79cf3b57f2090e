"""Officers bring a file, see what was read of it, publish it; what is public stands until then."""

import csv
import hashlib
import io
import json
import re
import uuid
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from moothall.civic.opendata.models import File, Table
from moothall.civic.opendata.queries import datasets, own_rows, tables
from moothall.kernel.audit.models import Line
from moothall.kernel.feeds.raw import open_raw
from moothall.kernel.tables import files, versions

pytestmark = pytest.mark.django_db

HEAD = b"id,species,height_m,planted\n"
MANY = b"".join(b"%d,oak,%d.5,2020-01-%02d\n" % (n, n, n) for n in range(1, 13))
TREES = HEAD + MANY + b"13,elm,7,soon\n"


@pytest.fixture(autouse=True)
def _stores(lake, settings, tmp_path, in_city):
    in_city("leeds")
    settings.RAW_STORE = str(tmp_path / "raw")


def said(body=TREES, name="trees.csv", **more):
    """A form, filled in."""
    return {
        "title": "Trees in parks",
        "summary": "Every tree the council keeps.",
        "publisher": "Parks team",
        "licence": "OGL-UK-3.0",
        "theme": "ENVI",
        "promise": "30",
        "contact": "parks@council.example",
        "asked": str(uuid.uuid4()),
        "file": SimpleUploadedFile(name, body),
        **more,
    }


def digest(client, slug="trees-in-parks"):
    page = client.get(f"/desk/data/{slug}/check/").content.decode()
    return re.search(r'name="digest" value="([0-9a-f]{64})"', page)[1]


def publish(client, slug="trees-in-parks", **more):
    return client.post(f"/desk/data/{slug}/publish", {"digest": digest(client, slug), **more})


def load(client, body, name="trees.csv", slug="trees-in-parks"):
    return client.post(f"/desk/data/{slug}/load", {"file": SimpleUploadedFile(name, body)})


def rows(address="/data/table.trees-in-parks.csv"):
    """The rows of a CSV anybody may have."""
    return list(csv.reader(io.StringIO(Client().get(address).getvalue().decode())))


@pytest.fixture
def publisher(sign_in):
    """A publisher, and a dataset of trees that is published."""
    client = sign_in("publisher")
    assert client.post("/desk/data/new/", said()).status_code == 302
    assert publish(client).status_code == 302
    return client


def test_a_file_is_read_shown_and_public_only_when_somebody_publishes_it(sign_in):
    editor = sign_in("editor")
    answer = editor.post("/desk/data/new/", said())
    assert answer["Location"] == "/desk/data/trees-in-parks/check/"
    page = editor.get(answer["Location"]).content.decode()
    assert "trees.csv" in page
    assert "Not a date that exists" in page
    assert "<code>soon</code>" in page
    assert Client().get("/data/table.trees-in-parks/").status_code == 404
    assert editor.post("/desk/data/trees-in-parks/publish", {}).status_code == 403

    publisher = sign_in("publisher")
    assert publish(publisher).status_code == 302
    public = Client().get("/data/table.trees-in-parks/").content.decode()
    assert "Every tree the council keeps." in public
    assert "Open Government Licence 3.0" in public
    typed = TREES.decode().replace("soon", "").splitlines()
    assert rows() == [line.split(",") for line in typed]
    assert "table.trees-in-parks" in Client().get("/data/").content.decode()


def test_each_step_is_written_down_and_the_file_kept_by_its_hash(publisher):
    did = list(Line.objects.order_by("seq").values_list("did", flat=True))
    assert did == ["table_added", "table_file_brought", "table_published"]
    sha256 = hashlib.sha256(TREES).hexdigest()
    assert versions.get_version("table.trees-in-parks").raw == sha256
    assert open_raw(sha256) == TREES
    assert sha256 in files.list_needed()


def test_the_same_form_sent_twice_makes_one_dataset(sign_in):
    editor, asked = sign_in("editor"), str(uuid.uuid4())
    first, again = (editor.post("/desk/data/new/", said(asked=asked)) for _ in range(2))
    assert first["Location"] == again["Location"]
    assert (Table.objects.count(), File.objects.count()) == (1, 1)


def test_the_same_file_again_is_no_new_version(publisher):
    load(publisher, TREES)
    page = publisher.get("/desk/data/trees-in-parks/check/").content.decode()
    assert "there is nothing to publish" in page
    assert len(versions.list_versions("table.trees-in-parks")) == 1


def test_a_new_file_says_what_changed_and_both_versions_can_be_had(publisher):
    load(publisher, TREES.replace(b"elm,7", b"elm,8") + b"14,fir,1,2024-03-01\n")
    page = publisher.get("/desk/data/trees-in-parks/check/").content.decode()
    assert "1 row is new" in page
    assert "1 row says something else" in page
    publish(publisher)
    anyone = Client()
    assert rows()[-1][:2] == ["14", "fir"]
    assert rows("/data/table.trees-in-parks.csv?version=1")[-1][:3] == ["13", "elm", "7"]
    assert anyone.get("/data/table.trees-in-parks.csv?as_of=1999-01-01").status_code == 404
    changed = anyone.get("/data/table.trees-in-parks/changes/2/").content.decode()
    assert "fir" in changed
    assert "it was" not in changed
    assert "as it was. There is a newer one" in anyone.get(
        "/data/table.trees-in-parks/?version=1"
    ).content.decode().replace("\n", " ")


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        (HEAD + MANY[:80], "fewer than half"),
        (TREES.replace(b"species", b"kind"), "columns are not those"),
    ],
    ids=["half gone", "columns changed"],
)
def test_a_file_that_loses_much_is_published_only_by_a_yes(publisher, body, asks):
    load(publisher, body)
    assert asks in publisher.get("/desk/data/trees-in-parks/check/").content.decode()
    refused = publish(publisher)
    assert refused.status_code == 409
    assert "Say that this is meant." in refused.content.decode()
    assert versions.get_version("table.trees-in-parks").number == 1
    assert publish(publisher, meant="on").status_code == 302
    assert versions.get_version("table.trees-in-parks").number == 2


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "The file is empty."),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"<!doctype html><p>no", "a web page"),
        (b"PK\x03\x04" + b"\0" * 40, "."),
        (b"\x7fELF" + bytes(range(256)), "a program"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>", "XML"),
    ],
    ids=["empty", "pdf", "page", "zip", "program", "xxe"],
)
def test_a_file_that_is_no_table_is_refused_and_what_is_public_stands(publisher, body, says):
    answer = load(publisher, body)
    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert len(rows()) == 14
    assert not tables.get_table("trees-in-parks").waits


def test_what_may_tell_of_a_person_is_published_only_with_a_reason(sign_in):
    client = sign_in("publisher")
    body = b"id,Tenant name,mobile\n1,Ann Ash,07700 900123\n2,Bo Birch,07700900456\n"
    client.post("/desk/data/new/", said(body))
    page = client.get("/desk/data/trees-in-parks/check/").content.decode()
    assert "Names of people" in page
    assert "Telephone numbers" in page
    assert publish(client).status_code == 409
    assert publish(client, why="Tenants agreed in writing.").status_code == 302
    line = Line.objects.get(did="table_published")
    assert "Tenants agreed in writing." in line.detail
    assert "telephone mobile" in line.detail


def test_a_column_left_out_is_in_no_file_and_no_fault(sign_in):
    client = sign_in("publisher")
    body = b"id,e-mail,count\n" + b"".join(b"%d,ann%d@home.example,3\n" % (n, n) for n in range(9))
    client.post("/desk/data/new/", said(body + b"9,bo@home.example,2,ann@home.example\n"))
    assert "E-mail addresses" in client.get("/desk/data/trees-in-parks/check/").content.decode()
    client.post(
        "/desk/data/trees-in-parks/columns",
        {"type-0": "integer", "type-1": "string", "type-2": "integer", "out-1": "on"},
    )
    page = client.get("/desk/data/trees-in-parks/check/").content.decode()
    assert "Left out: tick to put back" in page
    assert publish(client).status_code == 302
    for ending in (".csv", ".json", "/faults.csv"):
        got = Client().get(f"/data/table.trees-in-parks{ending}").getvalue()
        assert b"home.example" not in got
    # The next file is read the same way.
    load(client, body.replace(b",3", b",4"))
    assert publish(client).status_code == 302
    assert b"home.example" not in Client().get("/data/table.trees-in-parks.csv").getvalue()


def test_an_officer_says_what_a_column_is(sign_in):
    client = sign_in("publisher")
    client.post("/desk/data/new/", said(b"code,n\n17,1\n18,2\n"))
    answer = client.post(
        "/desk/data/trees-in-parks/columns",
        {"type-0": "string", "meaning-0": "The ward's code", "type-1": "integer", "unit-1": "m"},
    )
    assert answer.status_code == 302
    # Saved again as it stands, it stays what was said.
    client.post("/desk/data/trees-in-parks/columns", {"type-0": "string", "type-1": "integer"})
    publish(client)
    first, second = versions.get_version("table.trees-in-parks").columns
    assert (first.type, second.type) == ("string", "integer")


def test_a_file_let_go_leaves_nothing_of_it(sign_in):
    client = sign_in("editor")
    client.post("/desk/data/new/", said())
    client.post("/desk/data/trees-in-parks/drop")
    assert files.list_needed() == frozenset()
    assert versions.list_versions("draft.trees-in-parks") == ()
    assert client.get("/desk/data/trees-in-parks/check/").status_code == 302


def test_what_is_withdrawn_says_so_and_why_and_can_come_back(publisher):
    assert publisher.post("/desk/data/trees-in-parks/withdraw", {"why": ""}).status_code == 400
    publisher.post("/desk/data/trees-in-parks/withdraw", {"why": "It counted some trees twice."})
    gone = Client().get("/data/table.trees-in-parks/")
    assert gone.status_code == 410
    assert "It counted some trees twice." in gone.content.decode()
    assert Client().get("/data/table.trees-in-parks.csv").status_code == 410
    assert "table.trees-in-parks" not in Client().get("/data/").content.decode()
    load(publisher, TREES)
    publish(publisher)
    assert Client().get("/data/table.trees-in-parks/").status_code == 200


def test_what_a_spreadsheet_would_run_is_made_harmless_in_cells_and_headings(sign_in):
    client = sign_in("publisher")
    client.post("/desk/data/new/", said(b"=1+1,\"a,b\"\n=cmd()|'x',1\n@sum(1),2\n"))
    publish(client)
    assert rows() == [["'=1+1", "a,b"], ["'=cmd()|'x'", "1"], ["'@sum(1)", "2"]]


def test_faults_are_a_page_and_a_table_of_their_own(publisher):
    page = Client().get("/data/table.trees-in-parks/faults/").content.decode()
    assert "Not a date that exists" in page
    assert "who publishes it" in page
    heading = ["row", "column", "sort", "severity", "who_mends", "what", "value"]
    fault = ["14", "planted", "not-a-date", "error", "publisher", "Not a date that exists", "soon"]
    assert rows("/data/table.trees-in-parks/faults.csv") == [heading, fault]


def test_what_is_said_wrongly_is_told_beside_its_field_and_nothing_is_made(sign_in):
    answer = sign_in("editor").post("/desk/data/new/", said(title="", contact="nobody"))
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Give a title." in page
    assert 'href="#id_contact"' in page
    assert Table.objects.count() == 0


def test_rows_nobody_looked_at_are_not_published(publisher):
    load(publisher, TREES + b"14,fir,1,2024-03-01\n")
    looked_at = digest(publisher)
    load(publisher, TREES + b"14,yew,1,2024-03-01\n")
    answer = publisher.post("/desk/data/trees-in-parks/publish", {"digest": looked_at})
    assert answer.status_code == 409
    assert versions.get_version("table.trees-in-parks").number == 1


def test_titles_that_are_alike_make_names_that_are_not(sign_in):
    editor = sign_in("editor")
    for title in ("Trees", "Trees", "2024: trees", "樹木"):
        editor.post("/desk/data/new/", said(title=title))
    assert sorted(Table.objects.values_list("slug", flat=True)) == [
        "t-2024-trees",
        "table",
        "trees",
        "trees-2",
    ]


def test_a_form_from_elsewhere_brings_nothing(sign_in):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sign_in("editor").cookies
    assert strict.post("/desk/data/new/", said()).status_code == 403
    assert Table.objects.count() == 0


def test_a_schema_that_comes_with_a_file_says_what_its_columns_are(publisher):
    schema = {
        "fields": [
            {"name": "id", "type": "string", "description": "The council's own number"},
            {"name": "height_m", "type": "number", "unit": "m"},
        ]
    }
    file = SimpleUploadedFile("trees.csv", TREES)
    said = SimpleUploadedFile("schema.json", json.dumps(schema).encode())
    answer = publisher.post("/desk/data/trees-in-parks/load", {"file": file, "schema": said})
    assert answer.status_code == 302
    publish(publisher, meant="on")
    told = Client().get("/data/table.trees-in-parks/schema.json").json()["fields"]
    assert told[0] == {
        "name": "id",
        "type": "string",
        "description": "The council's own number",
    }
    assert next(one for one in told if one["name"] == "height_m")["unit"] == "m"
    broken = SimpleUploadedFile("schema.json", b"{}")
    file = SimpleUploadedFile("trees.csv", TREES)
    answer = publisher.post("/desk/data/trees-in-parks/load", {"file": file, "schema": broken})
    assert answer.status_code == 400
    assert "The schema names no fields" in answer.content.decode()


def test_a_fault_is_known_since_the_first_version_in_a_line_that_has_it(publisher):
    def issues():
        told = datasets.get_dataset("portal.issues", datetime.now(UTC))
        return [one for one in own_rows.read(told).to_pylist() if one["source"] == "table"]

    [first] = issues()
    assert (first["dataset"], first["row"], first["column"]) == (
        *("table.trees-in-parks", 14, "planted"),
    )
    assert (first["sort"], first["mender"]) == ("not-a-date", "publisher")
    more = b"".join(b"%d,fir,8,2020-02-03\n" % n for n in range(14, 40))
    load(publisher, TREES + more + b"40,yew,9,later\n")
    publish(publisher, meant="on")
    second, new = issues()
    assert second["first_at"] == first["first_at"] < second["last_at"]
    assert (new["row"], new["first_at"]) == (41, second["last_at"])
