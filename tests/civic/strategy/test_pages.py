"""The strategy's pages show all of it, with its sources, and link both ways."""

from pathlib import Path

import lxml.html
import pytest

from moothall.civic.strategy import manifest, queries
from moothall.kernel import packs
from moothall.kernel.search import lay_out

PACKS = Path(__file__).resolve().parents[3] / "packs"


@pytest.fixture(params=["leicester", "leeds"])
def city(request, in_city):
    in_city(request.param)
    return request.param


def read(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return lxml.html.fromstring(answer.content)


@pytest.mark.django_db
def test_the_plan_shows_every_node_with_its_words_under_one_heading(client, city):
    page = read(client, "/plan/")
    assert len(page.findall(".//h1")) == 1
    text = " ".join(page.text_content().split())
    for node in queries.list_nodes():
        assert node.title in text
        assert node.words in text
        assert page.xpath(f'//main//a[@href="/plan/{node.id}/"]')
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))


@pytest.mark.django_db
def test_every_node_has_a_page_with_links_both_ways_and_its_source(client, city):
    for node in queries.list_nodes():
        page = read(client, f"/plan/{node.id}/")
        assert page.xpath(f'//main//a[@href="{node.source}"]')
        for other in node.serves:
            assert page.xpath(f'//main//a[@href="/plan/{other}/"]')
        outline = queries.find_outline()
        for other in outline.served_by(node):
            assert page.xpath(f'//main//a[@href="/plan/{other.id}/"]')


@pytest.mark.django_db
def test_a_node_that_is_not_there_is_not_found(client, city):
    assert client.get("/plan/no-such-thing/").status_code == 404


def test_search_finds_a_node_by_title_before_words(city):
    index = lay_out(manifest.list_findable())
    words = {"leicester": "district heating", "leeds": "smart parking"}[city]
    hits = index.list_hits(words, 5)
    assert hits[0].title.casefold() == words
    assert index.list_hits("zzz", 5) == ()
    assert index.list_hits(" ", 5) == ()


@pytest.mark.django_db
def test_a_city_without_a_strategy_says_so(client, settings, tmp_path):
    (tmp_path / "city.toml").write_text((PACKS / "leeds" / "city.toml").read_text())
    settings.CITY_PACK = str(tmp_path)
    packs.current.cache_clear()
    page = read(client, "/plan/")
    assert "not stated its strategy" in page.text_content()
    packs.current.cache_clear()
