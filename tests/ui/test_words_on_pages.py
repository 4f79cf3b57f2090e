"""How much of each page's own words is said in the language that was asked for.

Counted are the sentences of the house while a page is made, each once: what a publisher, a pack
or a council wrote is theirs, and stays as it is.
"""

import pytest
from django.test import Client
from django.utils import translation

from moothall.kernel.keeping import kept
from moothall.kernel.observations import lake
from moothall.kernel.registry import house
from moothall.portal.queries.pages import list_portal_pages
from moothall.ui import environment, frame, words

PAGES = [page.url for page in list_portal_pages()] + [
    page.url for service in house.services for page in service.pages
]
ODD = ["/near/?postcode=nonsense", "/search/?q=river", "/search/?q=", "/no-such-page/"]
DETAIL = [
    "/data/feeds/",
    "/data/feeds/flood.readings/",
    "/data/flood.readings/",
    "/data/places.postcode/",
    "/data/portal.quality/",
    "/data/portal.quality/table/",
    "/data/portal.quality/chart/",
    "/data/sql/",
    "/data/sql/?sql=select+1",
    "/data/catalogues/",
    "/data/transparency/",
    "/data/flood.readings/cite/",
    "/data/flood.readings/table/",
    "/data/flood.readings/table/?value__ge=3&_q=soar",
    "/data/flood.readings/column/?_column=value",
    "/data/flood.readings/chart/",
    "/data/places.postcode/map/",
    "/api/features/collections",
    "/api/features/api",
    "/flood/gauges/4174/",
    "/flood/gauges/no-such-gauge/",
    "/air/sites/LECU/",
    "/travel/buses/no-such-bus/",
    "/account/login/",
    "/account/password/reset/",
]
"""Pages of one thing, and those on the way in."""
MOST_IN_ENGLISH = {"ur": 0.05, "gu": 0.05}


@pytest.fixture
def said(tmp_path, monkeypatch):
    """Every sentence asked for, and whether the language had it."""
    words.compile_all()
    own = lake.Lake(database_url=f"sqlite:///{tmp_path}/lake.sqlite3", store=str(tmp_path / "lake"))
    lake.use(own)
    asked: dict[str, bool] = {}
    one, many = translation._trans.gettext, translation._trans.ngettext

    def is_counted():
        """Say whether it is said to people: what is told programs is in English, and meant so."""
        return not (translation.get_language() or "").startswith("en")

    def gettext(message):
        answer = one(message)
        if is_counted():
            asked[message] = str(answer) != str(message)
        return answer

    def ngettext(singular, plural, number):
        answer = many(singular, plural, number)
        if is_counted():
            asked[singular] = answer not in (singular, plural)
        return answer

    monkeypatch.setattr(translation._trans, "gettext", gettext)
    monkeypatch.setattr(translation._trans, "ngettext", ngettext)
    yield asked
    translation.deactivate()
    lake.use(None)
    _forget()


def _forget():
    kept.forget()
    frame.forget()
    environment._said.cache_clear()


SAME = {".", ", ", ":", "gCO₂/kWh", "CSV", "Parquet", "%(title)s: %(column)s"}
"""What is written the same in every language."""
FOR_SEARCH = {page.also for service in house.services for page in service.pages}
"""Further words a page is found by, which nobody reads."""
OTHER_SCRIPTS = range(0x0590, 0x0B00)


def _is_ours(message):
    """Say whether it is a sentence of the house, and not one said again or not to be read."""
    if message in SAME or message in FOR_SEARCH:
        return False
    return not any(ord(letter) in OTHER_SCRIPTS for letter in message)


@pytest.mark.django_db
@pytest.mark.parametrize("language", sorted(MOST_IN_ENGLISH))
@pytest.mark.parametrize("address", [*PAGES, *ODD, *DETAIL])
def test_a_page_is_in_the_language_asked_for(said, in_city, language, address):
    in_city("leicester")
    _forget()
    asker = {"host": "localhost", "accept-language": language, "accept": "text/html"}
    answer = Client(headers=asker).get(address)
    assert answer.status_code in (200, 404, 422)
    assert f'lang="{language}"' in answer.content.decode()
    missing = sorted(message for message, had in said.items() if not had and _is_ours(message))
    assert len(said) > 20
    assert len(missing) <= MOST_IN_ENGLISH[language] * len(said), missing
