"""Under the city's outlines a council may lay a map of its own: one PMTiles file, no tile server.

The fixture was written with the `pmtiles` and `mapbox-vector-tile` packages: one tile at zoom 8
with a river, a park and two roads through Leeds, and an attribution.
"""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

GROUND = Path(__file__).parent / "fixtures" / "ground.pmtiles"


@pytest.fixture
def laid(site, settings):
    """The site, told of a file to lay under its maps."""
    from moothall.kernel.keeping import kept

    settings.MAP_STYLE = "/tiles/ground.pmtiles"
    kept.forget()
    yield site
    kept.forget()


def _send_part(route):
    """Answer as any web server does that is asked for a part of a file."""
    first, _, last = route.request.headers["range"].removeprefix("bytes=").partition("-")
    whole = GROUND.read_bytes()
    part = whole[int(first) : int(last) + 1]
    span = f"bytes {first}-{int(first) + len(part) - 1}/{len(whole)}"
    route.fulfill(status=206, body=part, headers={"Content-Range": span})


def test_one_file_is_read_in_parts_drawn_and_named(laid, watched):
    asked = []
    watched.route("**/ground.pmtiles", lambda route: (asked.append(1), _send_part(route)))
    watched.goto(f"{laid}/now/")
    watched.locator(".map").scroll_into_view_if_needed()
    watched.locator(".map--ready canvas").wait_for(timeout=30_000)
    watched.get_by_text("Drawn for a test").wait_for(state="attached")
    assert len(asked) >= 2
    assert watched.complaints == []


def test_a_file_that_cannot_be_had_leaves_the_city_s_outlines(laid, page):
    page.route("**/ground.pmtiles", lambda route: route.fulfill(status=404))
    page.goto(f"{laid}/now/")
    page.locator(".map").scroll_into_view_if_needed()
    page.locator(".map--ready canvas").wait_for(timeout=30_000)
