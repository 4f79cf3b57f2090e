"""What a first visit costs, and that nothing is fetched from anybody else."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

MOST_BYTES = 150_000


def fetched(page, site, address):
    """Load a page with an empty cache and weigh every answer as it came over the wire."""
    weighed = []
    client = page.context.new_cdp_session(page)
    # The map of a short made-up page would be in view at once; a real one is further down.
    page.set_viewport_size({"width": 1280, "height": 500})
    client.send("Network.enable")
    client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    urls = {}
    client.on("Network.responseReceived", lambda e: urls.update({e["requestId"]: e["response"]}))
    client.on(
        "Network.loadingFinished",
        lambda e: weighed.append((urls[e["requestId"]]["url"], e["encodedDataLength"])),
    )
    page.goto(site + address, wait_until="load")
    page.wait_for_timeout(400)
    return weighed


@pytest.mark.parametrize("address", ["/", "/now/"])
def test_a_first_load_weighs_at_most_150_kb(site, page, address):
    weighed = fetched(page, site, address)
    names = [url for url, _ in weighed]
    assert any(url.endswith(".css") for url in names)
    assert sum(url.endswith(".woff2") for url in names) == 2
    assert not any("maplibre" in url for url in names)
    total = sum(size for _, size in weighed)
    assert total <= MOST_BYTES, weighed


@pytest.mark.parametrize("address", ["/", "/now/", "/near/?ward=Armley", "/status/"])
def test_nothing_is_fetched_from_anybody_else_and_nothing_is_refused(site, watched, address):
    elsewhere = []
    watched.on(
        "request", lambda asked: None if asked.url.startswith(site) else elsewhere.append(asked.url)
    )
    watched.goto(site + address)
    watched.wait_for_timeout(300)
    assert [url for url in elsewhere if not url.startswith(("data:", "blob:"))] == []
    assert watched.complaints == []


def test_the_map_draws_itself_when_it_is_reached_and_not_before(site, watched):
    watched.goto(f"{site}/now/")
    assert watched.locator("canvas").count() == 0
    watched.locator(".map").scroll_into_view_if_needed()
    watched.locator(".map--ready canvas").wait_for(timeout=30_000)
    assert watched.complaints == []


def test_on_a_small_screen_the_map_waits_to_be_asked_for(site, watched):
    watched.set_viewport_size({"width": 390, "height": 844})
    fetched = []
    watched.on("request", lambda asked: fetched.append(asked.url))
    watched.goto(f"{site}/now/")
    watched.locator(".map").scroll_into_view_if_needed()
    watched.wait_for_timeout(500)
    assert not any("maplibre" in url for url in fetched)
    watched.get_by_role("button", name="Show the map").click()
    watched.locator(".map--ready canvas").wait_for(timeout=30_000)
    assert watched.get_by_role("button", name="Show the map").count() == 0
    assert watched.complaints == []


def test_nothing_moves_while_a_page_loads(site, page):
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver(list => { for (const e of list.getEntries())"
        " window.moved += e.value }).observe({type: 'layout-shift', buffered: true})"
    )
    for address in ("/", "/now/"):
        page.goto(site + address)
        page.wait_for_timeout(400)
        assert page.evaluate("window.moved") < 0.02


def test_assets_are_hashed_compressed_and_kept_for_good(site, page):
    answers = []
    page.on("response", lambda answer: answers.insert(0, answer))
    page.goto(f"{site}/now/")
    css = next(a for a in answers if re.search(r"/moothall\.[0-9a-f]{12}\.css$", a.url))
    assert "immutable" in css.headers["cache-control"]
    assert css.headers["content-encoding"] in {"br", "gzip"}


def test_a_newer_value_takes_its_place_and_nothing_moves(site, page):
    stream = (
        'event: observation\ndata: {"series": "wells.old_bridge.level_m", "value": 0.7134, '
        '"at": "2099-01-01T00:00:00+00:00", "quality": 0, "origin": 0}\n\n'
    )
    page.route(
        "**/live/events*",
        lambda route: route.fulfill(content_type="text/event-stream", body=stream),
    )
    page.goto(f"{site}/now/")
    fact = page.locator('[data-fact="wells.old_bridge.level_m"]')
    expect(fact.locator("[data-series]")).to_have_text("0.71")
    assert fact.locator("time").get_attribute("datetime") == "2099-01-01T00:00:00+00:00"
