"""Anybody asks the open data in SQL; good questions have an address; nothing closed is there."""

import csv
import io
import uuid
from threading import BoundedSemaphore

import pytest

from moothall.civic.opendata.models import Question
from moothall.civic.opendata.views import answers, questions
from moothall.kernel.audit.models import Line
from moothall.kernel.confined import asking

pytestmark = pytest.mark.django_db
COUNT = "SELECT count(*) AS n, max(value) AS most FROM probe_readings"


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.STORES = tmp_path


def ask(client, sql, form=""):
    return client.get(f"/data/sql.{form}" if form else "/data/sql/", {"sql": sql})


def test_the_page_names_what_can_be_asked_about_and_nothing_closed(client, probes):
    page = client.get("/data/sql/").content.decode()
    assert "probe_readings" in page
    assert "probe_thing" in page
    assert "probe_closed" not in page
    assert "probe_person" not in page


def test_a_question_is_answered_as_page_and_as_files(client, probes):
    page = ask(client, "SELECT name, size FROM probe_thing ORDER BY id")
    assert page.status_code == 200
    assert "Ä &lt;b&gt;thing&lt;/b&gt;" in page.content.decode()
    said = ask(client, "SELECT name, size FROM probe_thing ORDER BY id", "json").json()
    assert [column["name"] for column in said["columns"]] == ["name", "size"]
    rows = list(
        csv.reader(io.StringIO(ask(client, "SELECT name FROM probe_thing", "csv").content.decode()))
    )
    assert ["'+1-2"] in rows


def test_what_is_closed_is_not_there(client, probes):
    answer = ask(client, "SELECT * FROM probe_person")
    assert answer.status_code == 400
    assert "govuk-error-summary" in answer.content.decode()
    assert ask(client, "SELECT * FROM probe_person", "json").json()["parameter"] == "sql"


def test_what_was_asked_stays_in_the_field(client, probes):
    page = ask(client, "selec <b>").content.decode()
    assert "selec &lt;b&gt;</textarea>" in page


def test_many_at_once_are_told_to_come_back(client, probes, monkeypatch):
    def busy(*_, **__):
        raise asking.TooManyAsk

    monkeypatch.setattr(asking, "ask", busy)
    answer = ask(client, COUNT)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_an_officer_publishes_a_question_once_and_withdraws_it(sign_in, client, probes):
    officer = sign_in("publisher")
    said = {
        "title": "How high?", "slug": "How-High", "summary": "The most of all.", "sql": COUNT,
        "asked": str(uuid.uuid4()),
    }  # fmt: skip
    for _ in range(2):
        assert officer.post("/desk/questions/new/", said)["Location"] == "/data/questions/how-high/"
    assert Question.objects.count() == 1
    page = client.get("/data/questions/how-high/").content.decode()
    assert "How high?" in page
    assert "http://testserver/data/questions/how-high/" in page
    assert client.get("/data/questions/how-high.json").json()["rows"][0][0] > 0
    again = {**said, "asked": str(uuid.uuid4())}
    assert (
        "Another question has that name"
        in officer.post("/desk/questions/new/", again).content.decode()
    )
    gone = {**said, "sql": "SELECT 1", "withdrawn": "on"}
    assert officer.post("/desk/questions/how-high/", gone).status_code == 302
    assert client.get("/data/questions/how-high/").status_code == 404
    assert client.get("/data/questions/how-high.csv").status_code == 404
    did = list(Line.objects.filter(to="question:how-high").values_list("did", flat=True))
    assert sorted(did) == ["question_published", "question_withdrawn"]


def test_who_may_not_publish_does_not(sign_in, probes):
    viewer = sign_in("viewer")
    assert viewer.get("/desk/questions/new/").status_code == 403
    assert viewer.post("/desk/questions/new/", {"title": "x"}).status_code == 403


def test_a_question_that_is_no_question_says_so_on_its_page(client, probes):
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    Question.objects.create(
        slug="odd", title="Odd", summary="Odd.", sql="DROP TABLE x", asked=uuid.uuid4(),
        made_at=now, changed_at=now,
    )  # fmt: skip
    page = client.get("/data/questions/odd/")
    assert page.status_code == 200
    assert "It cannot be answered just now" in page.content.decode()


@pytest.mark.parametrize("form", ["", "json", "csv"])
def test_numbers_of_any_size_are_answered(client, probes, form):
    answer = ask(client, "SELECT 170141183460469231731687303715884105727::HUGEINT AS n", form)
    assert answer.status_code == 200
    assert "170141183460469231731687303715884105727" in answer.content.decode()


def test_a_question_that_names_every_dataset_lays_out_none(client, probes, monkeypatch):
    monkeypatch.setattr(questions, "MOST_TABLES", 1)
    monkeypatch.setattr(questions.kept, "hold", None)
    answer = ask(client, "SELECT 1 -- probe_readings probe_thing", "json")
    assert answer.status_code == 400
    assert "at most 1 datasets" in answer.json()["detail"]


def test_who_waits_for_an_answer_holds_up_no_file(client, probes, monkeypatch):
    files = []

    def slow(*_, **__):
        files.append(client.get("/data/probe.readings.csv").status_code)
        raise asking.TooManyAsk

    monkeypatch.setattr(answers, "_room", BoundedSemaphore(1))
    monkeypatch.setattr(answers, "PATIENCE_S", 0)
    monkeypatch.setattr(asking, "ask", slow)
    ask(client, COUNT)
    assert files == [200]
    with answers._room:
        assert ask(client, COUNT).status_code == 503
