"""A city has the services its pack has: worded as it words them, and no others."""

import pytest

from moothall.kernel.fitting import fit_all
from moothall.kernel.packs import Pack

CITY = 'name = "Doggerby"\ncouncil = "Doggerby"\ntime_zone = "Europe/Berlin"\n'


@pytest.fixture
def fitted(tmp_path):
    """Fit the house to a pack of these files."""
    from moothall.site import discovery

    def fit(**files):
        for name, text in {"city": CITY, **files}.items():
            (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
        services = fit_all(discovery._manifests(), Pack(folder=tmp_path))
        return {service.name: service for service in services}

    return fit


def test_a_service_the_pack_says_nothing_of_shows_nothing(fitted):
    services = fitted(energy="[feeds.carbon_intensity]\n")
    assert services["energy"].pages
    assert services["opendata"].pages
    for name in ("flood", "air", "strategy", "tables", "inclusion"):
        one = services[name]
        assert (one.pages, one.cards, one.layers) == ((), (), ())
        assert (one.list_findable, one.near) == (None, None)
    # What it brought before it was switched off can still be read.
    assert services["flood"].feeds


def test_a_page_without_the_feeds_it_needs_is_not_offered(fitted):
    pages = {page.url for page in fitted(travel="[feeds.vehicles]\n")["travel"].pages}
    assert {"/travel/", "/travel/buses/"} <= pages
    assert not {"/cycling/", "/charging/"} & pages


def test_a_pack_says_whose_a_feed_is_and_on_what_terms(fitted):
    parking = fitted(
        parking='[feeds.datex]\npublisher = "Stadt Stuttgart"\nlicence = "DL-DE-BY-2.0"\n'
    )["parking"]
    feed = next(feed for feed in parking.feeds if feed.name == "parking.datex")
    assert (feed.publisher, feed.licence) == ("Stadt Stuttgart", "DL-DE-BY-2.0")
    assert feed.attribution == "Stadt Stuttgart, DL-DE-BY-2.0"


def test_every_table_the_pack_states_is_a_feed_with_a_page_and_a_layer(fitted):
    tables = fitted(
        tables='[feeds.noise]\ntitle = "Noise"\npublisher = "Stadt"\nformat = "geojson"\n'
        'source = "https://example.org/"\nlicence = "CC0-1.0"\ncolumns = { id = "id" }\n'
        '[[feeds.noise.measure]]\nkey = "db"\ntitle = "Level"\ncolumn = "db"\n'
        "[feeds.broken]\n"
    )["tables"]
    assert [feed.name for feed in tables.feeds] == ["tables.noise"]
    assert [page.url for page in tables.pages] == ["/tables/noise/"]
    assert [layer.id for layer in tables.layers] == ["tables-noise"]


def test_a_section_that_cannot_be_read_leaves_the_others_alone(fitted):
    services = fitted(energy="[feeds", air="[feeds.uk_air]\n")
    assert services["air"].pages
    assert services["energy"].feeds
