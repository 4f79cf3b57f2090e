"""What the Transparency Code asks for, and whether it is published: honest where it is not."""

import csv
import io
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from moothall.civic.opendata.models import Answer
from moothall.kernel.audit.models import Line
from moothall.kernel.keeping import kept
from moothall.kernel.tables import versions
from moothall.standards import lga

pytestmark = pytest.mark.django_db
SPEND = (
    b"Payment Date,Directorate,Supplier Name,Purpose,Amount,Irrecoverable VAT,Merchant Category\n"
    b"2026-01-05,Parks,Oak Ltd,Trees,600,0,Gardens\n"
)


@pytest.fixture
def publisher(sign_in, lake, settings, tmp_path, in_city):
    """A publisher, with a table of spending published."""
    in_city("leeds")
    settings.RAW_STORE = str(tmp_path / "raw")
    client = sign_in("publisher")
    about = {"title": "Spend", "summary": "s", "publisher": "p", "licence": "CC0-1.0"}
    form = {**about, "contact": "a@b.uk", "asked": str(uuid.uuid4())}
    client.post("/desk/data/new/", {**form, "file": SimpleUploadedFile("spend.csv", SPEND)})
    digest = versions.get_version("draft.spend").digest
    form = {"digest": digest, "meant": "on", "why": "Suppliers are firms."}
    assert client.post("/desk/data/spend/publish", form).status_code == 302
    return client


def states(client):
    """The state of each duty, as programs read it."""
    kept.forget()
    text = client.get("/data/transparency.csv").content.decode()
    return {row["duty"]: row["state"] for row in csv.DictReader(io.StringIO(text))}


def test_a_duty_is_met_once_an_officer_says_which_table_answers_it(publisher, client):
    assert set(states(client).values()) == {"not-published"}
    form = {"duty": "spending", "table": "spend", "answers": "yes"}
    assert publisher.post("/desk/transparency/", form).status_code == 302
    assert publisher.post("/desk/transparency/", form).status_code == 302
    assert Answer.objects.count() == 1
    assert states(client)["spending"] == "met"
    page = client.get("/data/transparency/").content.decode()
    assert 'href="/data/table.spend/"' in page
    assert "not published here" in page
    assert "Spend" in publisher.get("/desk/transparency/").content.decode()
    publisher.post("/desk/transparency/", {**form, "answers": "no"})
    assert states(client)["spending"] == "not-published"
    did = list(Line.objects.order_by("seq").values_list("did", flat=True))[-2:]
    assert did == ["table_answers_duty", "table_answers_duty_no_more"]


def test_missing_columns_are_named(publisher, client):
    publisher.post(
        "/desk/transparency/", {"duty": "procurement", "table": "spend", "answers": "yes"}
    )
    assert states(client)["procurement"] == "columns-missing"
    [row] = [
        one
        for one in client.get("/data/transparency.json").json()["duties"]
        if one["duty"] == "procurement"
    ]
    assert "Review date" in row["missing_columns"]
    assert "Supplier" not in row["missing_columns"]


@pytest.mark.parametrize("form", [{"duty": "none", "table": "spend"}, {"duty": "fraud"}])
def test_what_there_is_none_of_cannot_be_said(publisher, form):
    assert publisher.post("/desk/transparency/", {**form, "answers": "yes"}).status_code == 404


def test_a_table_is_late_after_its_span_and_the_month_the_code_gives():
    from datetime import UTC, datetime

    at = datetime(2026, 1, 5, tzinfo=UTC)
    for code, last in (("spending", 92 + 31), ("fraud", 366 + 31)):
        duty = lga.get_duty(code)
        for days, on_time in ((last, True), (last + 1, False)):
            met = lga.check(duty, columns=(), at=at, now=at + timedelta(days=days))
            assert met.on_time is on_time
    once = lga.get_duty("waste-contracts")
    assert lga.check(once, columns=(), at=at, now=at + timedelta(days=9999)).on_time


def test_the_code_names_three_duties_a_quarter_eleven_a_year_and_one_once():
    often = [duty.often.value for duty in lga.DUTIES]
    assert [often.count(one) for one in ("quarterly", "annually", "once")] == [3, 11, 1]
    assert len({duty.code for duty in lga.DUTIES}) == len(lga.DUTIES)
    assert all(duty.columns for duty in lga.DUTIES)
