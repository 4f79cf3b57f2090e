"""Officers see how the feeds do, and may have one run soon."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.kernel.feeds.conftest import make_feed

from moothall.kernel.audit.models import Line
from moothall.kernel.feeds import health, runner, standings
from moothall.kernel.feeds.fetching import Answer
from moothall.kernel.feeds.health import FeedHealth, FeedState
from moothall.kernel.feeds.reading import City
from moothall.kernel.registry import house
from moothall.portal.desk import feeds
from moothall.site import discovery
from moothall.values.observations import Mender, Origin
from moothall.values.requests import Payload, Request

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


@pytest.fixture
def feed(lake, settings, tmp_path, in_city):
    """A feed that is on in Leeds, with one run behind it that found one item wrong."""
    in_city("leeds")
    settings.RAW_STORE = str(tmp_path / "raw")
    discovery.fill_registry()
    found = house.feed("flood.readings")
    body = b'{"items": [{"measure": 7, "dateTime": "<b>never</b>"}]}'
    payload = Payload(
        body=body, request=Request(url="https://example.org/"), fetched_at=NOW, sha256="ab" * 32
    )
    runner.take_in(
        replace(found, parse=_one_bad_item),
        Answer(payload=payload),
        params={},
        city=City(),
        clock=lambda: NOW,
    )
    return found


def _one_bad_item(payload, params):
    from moothall.values.observations import Batch, Issue

    return Batch(issues=(Issue(where="items[0]", what="no date", item="<b>never</b>"),))


@pytest.mark.django_db
def test_strangers_are_sent_to_sign_in(client, feed):
    for path in ("/desk/feeds/", f"/desk/feeds/{feed.name}/"):
        assert client.get(path).status_code == 302


@pytest.mark.django_db
def test_the_list_shows_every_feed_that_is_on(sign_in, feed):
    text = sign_in("viewer").get("/desk/feeds/").content.decode()

    assert feed.title in text
    assert "<caption>" in text


@pytest.mark.django_db
def test_a_feeds_page_shows_its_issue_with_the_raw_item_and_the_way_to_its_bytes(sign_in, feed):
    client = sign_in("viewer")
    text = client.get(f"/desk/feeds/{feed.name}/").content.decode()

    assert "&lt;b&gt;never&lt;/b&gt;" in text
    assert f"/desk/feeds/{feed.name}/raw/{'ab' * 32}" in text
    raw = client.get(f"/desk/feeds/{feed.name}/raw/{'ab' * 32}")
    assert raw.content.startswith(b'{"items"')
    assert raw["Content-Type"].startswith("text/plain")
    assert raw["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["no.such/", "flood.readings/raw/zz", f"air.daily/raw/{'ab' * 32}"]
)
def test_what_is_not_there_is_not_found(sign_in, feed, path):
    assert sign_in("viewer").get(f"/desk/feeds/{path}").status_code == 404


@pytest.mark.django_db
def test_a_feeds_page_begins_with_a_few_and_shows_many_of_one_on_asking(sign_in, feed, monkeypatch):
    monkeypatch.setattr(feeds, "FEW", 0)
    client = sign_in("viewer")
    short = client.get(f"/desk/feeds/{feed.name}/").content.decode()
    for part in ("runs", "issues", "raw"):
        assert f'href="?show={part}"' in short
    faults = client.get(f"/desk/feeds/{feed.name}/?show=issues").content.decode()
    assert "no date" in faults
    assert faults.count("<table") == 1


@pytest.mark.django_db
def test_run_now_only_brings_the_next_run_forward_and_is_written_down(sign_in, feed):
    before = Line.objects.count()
    answer = sign_in("editor").post(f"/desk/feeds/{feed.name}/run")

    assert answer.status_code == 302
    standing = standings.list_standings()[feed.name]
    assert standing.next_run_at is not None
    assert standing.last_run_at == NOW
    assert Line.objects.count() > before


@pytest.mark.django_db
def test_a_viewer_may_not_run_a_feed(sign_in, feed):
    assert sign_in("viewer").post(f"/desk/feeds/{feed.name}/run").status_code == 403
    assert standings.list_standings()[feed.name].next_run_at is None


@pytest.mark.django_db
def test_a_feed_that_waits_for_what_is_brought_cannot_be_run(sign_in, feed):
    assert sign_in("editor").post("/desk/feeds/flood.levels/run").status_code == 409


@pytest.fixture
def forty(lake, monkeypatch):
    """Feeds of every state, as a large city has them."""
    every = timedelta(minutes=5)
    made = []
    for number in range(40):
        state, mender = (
            (FeedState.FAILING, Mender.PUBLISHER),
            (FeedState.FAILING, Mender.US),
            (FeedState.STALE, Mender.PUBLISHER),
            (FeedState.WORKING, None),
        )[number % 4]
        made.append(
            FeedHealth(
                feed=make_feed("", name=f"made_up.f{number:02}", title=f"Feed {number:02}"),
                on=True,
                state=state,
                words=state.value,
                last=None,
                lag=every,
                last_data_at=NOW,
                next_run_at=NOW,
                failures=0,
                paused_until=None,
                origin=Origin.LIVE,
                issues=0,
                why="=it answered 503" if mender else "",
                mender=mender,
            )
        )
    monkeypatch.setattr(health, "list_feeds", lambda now: tuple(made))
    return made


@pytest.mark.django_db
def test_of_forty_feeds_what_is_ours_to_mend_comes_first_and_what_works_last(sign_in, forty):
    told = sign_in("viewer").get("/desk/feeds.json").json()["feeds"]

    order = [(one["state"], one["who_must_mend"]) for one in told]
    assert order[::10] == [
        ("failing", "us"),
        ("failing", "publisher"),
        ("stale", "publisher"),
        ("working", ""),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("show", "count"), [("", 40), ("attention", 30), ("us", 10), ("publisher", 20), ("what", 40)]
)
def test_an_officer_may_see_only_what_concerns_them(sign_in, forty, show, count):
    text = sign_in("viewer").get("/desk/feeds/", {"show": show}).content.decode()

    assert text.count('data-heading="Next run"') == count
    assert "(30)" in text


@pytest.mark.django_db
def test_the_list_is_handed_over_as_csv_that_no_spreadsheet_calculates(sign_in, forty):
    answer = sign_in("viewer").get("/desk/feeds.csv")
    [head, *lines] = csv.reader(io.StringIO(answer.content.decode()))

    assert len(lines) == 40
    assert lines[0][head.index("why")] == "'=it answered 503"
    assert answer["Content-Type"].startswith("text/csv")


@pytest.mark.django_db
def test_an_editor_has_a_feed_run_from_the_list_and_a_viewer_cannot(sign_in, feed):
    assert (
        "/desk/feeds/flood.readings/run" in sign_in("editor").get("/desk/feeds/").content.decode()
    )


@pytest.mark.django_db
def test_a_viewer_sees_no_button_they_may_not_press(sign_in, feed):
    assert '/run"' not in sign_in("viewer").get("/desk/feeds/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/desk/feeds.csv", "/desk/feeds.json"])
def test_the_officers_list_is_for_officers(client, path):
    assert client.get(path).status_code == 302


@pytest.mark.django_db
def test_everybody_may_have_the_list_of_open_sources(client, forty):
    assert len(client.get("/status.json").json()["feeds"]) == 40
    assert client.get("/status.csv").content.startswith(b"name,title,publisher,state")


@pytest.mark.django_db
def test_the_status_page_says_who_can_mend_it(client, forty, in_city):
    in_city("leeds")
    text = client.get("/status/").content.decode()

    assert text.count('data-heading="Who can mend it"') == 40
    assert text.count("–</td>") == 10
