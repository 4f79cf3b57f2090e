"""The desk and the audit log, as officers see them."""

from datetime import UTC, datetime

import pytest

from moothall.kernel.audit import log
from moothall.kernel.identity.guard import who
from moothall.kernel.identity.models import Person

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _an_anchor_of_its_own(settings, tmp_path):
    settings.AUDIT_ANCHOR = str(tmp_path / "audit.anchor")


def test_the_desk_lists_what_a_role_opens(sign_in):
    assert "Who did what" not in sign_in("publisher").get("/desk/").content.decode()
    assert "Who did what" in sign_in("admin").get("/desk/").content.decode()


def test_an_administrator_reads_who_did_what(sign_in):
    log.record(by="person:1", did="published", to="plan:7", at=NOW, detail={"why": "<b>agreed</b>"})

    page = sign_in("admin").get("/desk/audit/").content.decode()

    assert "published" in page
    assert "plan:7" in page
    assert "&lt;b&gt;agreed" in page
    assert page.count("<h1") == 1


def test_only_an_administrator_does(sign_in):
    assert sign_in("publisher").get("/desk/audit/").status_code == 403


def test_the_log_is_proved_on_asking(sign_in, tmp_path, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        log.record(by="person:1", did="published", to="plan:7", at=NOW)
        client = sign_in("admin")
    assert "The log is whole" in client.get("/desk/audit/?verify").content.decode()

    (tmp_path / "audit.anchor").write_text('{"seq": 99999, "hash": "x"}')
    told = client.get("/desk/audit/?verify").content.decode()
    assert "the anchor remembers line 99999" in told


def test_lines_are_found_by_what_they_are_about_and_page_by_page(sign_in):
    for number in range(120):
        log.record(by="person:1", did="changed", to=f"idea:{number % 2}", at=NOW)
    client = sign_in("admin")

    assert "Older lines" in client.get("/desk/audit/").content.decode()
    about = client.get("/desk/audit/", {"to": "idea:1"}).content.decode()
    assert ">idea:1<" in about
    assert ">idea:0<" not in about
    for odd in ("x", "-1", "٣", "9" * 400):
        assert client.get("/desk/audit/", {"before": odd}).status_code == 200


def test_an_administrator_reads_whose_account_did_it_and_what_in_words(sign_in):
    client = sign_in("admin")
    (person,) = Person.objects.all()
    log.record(by=who(person), did="role_changed", to="person:x", at=NOW, detail={"was": ["a"]})
    log.record(by="person:999999", did="grew_wings", to="plan:7", at=NOW)

    page = client.get("/desk/audit/").content.decode()

    assert "changed a role" in page
    assert "grew wings" in page
    assert "<bdi>was: a</bdi>" in page
    assert f"<bdi>{person.email}</bdi>" in page
    assert "<bdi>person:999999</bdi>" in page
