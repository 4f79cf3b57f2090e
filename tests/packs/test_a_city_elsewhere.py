"""A city outside Great Britain has its own words and clock, and no British authority."""

import pytest

from moothall.kernel import packs
from moothall.kernel.keeping import kept
from moothall.ui import frame
from moothall.ui.formats import clock_time, no_data_since
from moothall.values.times import parse_instant

CITY = """
name = "Stuttgart"
council = "Landeshauptstadt Stuttgart"
country = "DE"
time_zone = "Europe/Berlin"
box = { west = 9.03, south = 48.69, east = 9.32, north = 48.87 }
source = "https://www.stuttgart.de/"
licence = "CC0-1.0"
[words]
ward = "Stadtbezirk"
wards = "Stadtbezirke"
[[languages]]
tag = "de"
"""
WARDS = "code,name,lat,lon,source,licence\n01,Mitte,48.777,9.18,https://www.stuttgart.de/,CC0-1.0\n"


@pytest.fixture
def stuttgart(settings, tmp_path, lake):
    """A city of one district, with no outline, no sources and no strategy."""
    (tmp_path / "city.toml").write_text(CITY, encoding="utf-8")
    (tmp_path / "wards.csv").write_text(WARDS, encoding="utf-8")
    settings.CITY_PACK = str(tmp_path)

    def forget():
        packs.current.cache_clear()
        kept.forget()
        frame.forget()

    forget()
    yield
    forget()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url", ["/", "/now/", "/near/", "/near/?ward=01", "/search/", "/sitemap/", "/privacy/"]
)
def test_nobody_there_is_asked_for_a_postcode_or_sent_to_a_british_authority(
    url, client, stuttgart
):
    answer = client.get(url)
    assert answer.status_code == 200
    text = answer.content.decode()
    for word in ("postcode", "Information Commissioner", "in the ward", "Choose a ward"):
        assert word.lower() not in text.lower(), word
    assert "Stuttgart" in text


@pytest.mark.django_db
def test_a_part_of_the_city_is_called_what_it_is_called_there(client, stuttgart):
    text = client.get("/near/").content.decode()
    assert "Stadtbezirk" in text
    assert '<option value="01"' in text


@pytest.mark.django_db
def test_a_choice_of_one_language_is_none(client, stuttgart):
    assert "language-heading" not in client.get("/").content.decode()


def test_times_are_the_citys_own(stuttgart):
    at, now = parse_instant("2026-07-05T21:30:00Z"), parse_instant("2026-07-05T23:00:00Z")
    assert clock_time(at) == "5 July 2026, 11:30pm"
    assert no_data_since(at, now) == "no data since 23:30 on 5 July 2026"
