"""Officers see how the feeds do, and may have one run soon."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from moothall.kernel.audit.models import Line
from moothall.kernel.feeds import runner, standings
from moothall.kernel.feeds.fetching import Answer
from moothall.kernel.feeds.reading import City
from moothall.kernel.registry import house
from moothall.site import discovery
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
