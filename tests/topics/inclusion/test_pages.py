"""The pages say how areas stand, that it is relative and about areas, and what is not known."""

from datetime import UTC, datetime

import lxml.html
import pytest

from moothall.kernel.registry import house
from moothall.kernel.search import lay_out
from moothall.topics.inclusion import manifest, queries
from moothall.topics.inclusion.feeds.deprivation import LSOA
from moothall.values.observations import Batch, Record
from moothall.values.places import Point

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
BOX = [[-1.65, 53.78], [-1.55, 53.78], [-1.55, 53.82], [-1.65, 53.82], [-1.65, 53.78]]


def ranked(code, rank, decile):
    fields = {"lsoa": code, "name": None, "overall_rank": rank, "overall_decile": decile}
    return Record(kind=LSOA.name, id=code, from_at=NOW, fields=fields)


def looked_up(code, name, ward):
    fields = {
        "lsoa": code,
        "lsoa_name": name,
        "ward": ward,
        "ward_name": "",
        "council": "E08000035",
    }
    return Record(kind="places.lookup", id=code, from_at=NOW, fields=fields)


@pytest.fixture
def city(lake, in_city):
    in_city("leeds")
    area = {"gss": "E01011264", "name": "Leeds 001A", "level": "lsoa", "vintage": "2021"}
    records = (
        ranked("E01011264", 17269, 6),
        ranked("E01011265", 312, 1),
        ranked("E01011266", None, None),
        ranked("E01013600", 5, 1),
        looked_up("E01011264", "Leeds 001A", "E05011385"),
        looked_up("E01011265", "Leeds 001B", "E05011385"),
        looked_up("E01011266", "Leeds 001C", "E05011390"),
        Record(
            kind="places.area",
            id="E01011264",
            from_at=NOW,
            fields=area,
            geometry={"type": "Polygon", "coordinates": [BOX]},
        ),
    )
    lake.append(Batch(records=records), feed="inclusion.test", key="1", now=NOW)
    return lake


def read(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return lxml.html.fromstring(answer.content)


def row_of(page, name):
    (row,) = page.xpath(f'//table[1]//tr[th[normalize-space()="{name}"]]')
    return [" ".join(cell.text_content().split()) for cell in row.findall("td")]


@pytest.mark.django_db
def test_the_table_by_ward_counts_areas_and_says_what_it_does_not_weigh(client, city):
    page = read(client, "/inclusion/")
    assert row_of(page, "Armley") == ["2", "1", "1", "8,790"]
    assert row_of(page, "Chapel Allerton") == ["1 (0 known)", "unknown", "unknown", "unknown"]
    text = page.text_content()
    assert "whatever its population" in text
    assert "not about individuals" in text


@pytest.mark.django_db
def test_another_citys_area_in_the_same_file_is_left_out(client, city):
    assert [area.gss for area in queries.list_areas()] == ["E01011265", "E01011264", "E01011266"]
    assert client.get("/inclusion/E01013600/").status_code == 404


@pytest.mark.django_db
def test_an_areas_page_says_how_it_stands_and_leads_to_its_evidence(client, city):
    page = read(client, "/inclusion/E01011265/")
    assert "among the most deprived tenth of small areas in England" in page.text_content()
    assert page.xpath('//a[@href="/data/inclusion.lsoa_deprivation/records/E01011265/"]')
    assert row_of(page, "All seven together") == ["312", "1", "unknown"]
    assert row_of(page, "Crime") == ["unknown"] * 3


@pytest.mark.django_db
def test_an_area_that_is_not_ranked_says_so(client, city):
    assert "is not known" in read(client, "/inclusion/E01011266/").text_content()


@pytest.mark.django_db
def test_before_anything_is_read_the_page_says_so(client, lake, in_city):
    in_city("leeds")
    assert "not been read yet" in read(client, "/inclusion/").text_content()


def test_near_a_point_the_area_round_it_is_named_and_elsewhere_nothing(city):
    (fact,) = house.service("inclusion").near(Point(lon=-1.6, lat=53.8), NOW)
    assert (fact.value, fact.record) == ("tenth 6 of 10", "E01011264")
    assert (fact.url, fact.at) == ("/inclusion/E01011264/", NOW)
    assert manifest.near(Point(lon=-1.1, lat=53.95), NOW) == ()


@pytest.mark.parametrize(
    ("decile", "said"),
    [
        (None, "not known"),
        (1, "among the most deprived tenth of small areas in England"),
        (2, "more deprived than 8 in 10 of the small areas in England"),
        (5, "more deprived than 5 in 10 of the small areas in England"),
        (6, "less deprived than 5 in 10 of the small areas in England"),
        (9, "less deprived than 8 in 10 of the small areas in England"),
        (10, "among the least deprived tenth of small areas in England"),
    ],
)
def test_a_tenth_is_said_in_words_that_hold_for_all_of_it(decile, said):
    assert queries.say_decile(decile) == said


def test_search_finds_an_area_by_name_or_code(city):
    index = lay_out(manifest.list_findable())
    assert index.list_hits("001b", 5)[0].url == "/inclusion/E01011265/"
    assert index.list_hits("E01011264", 5)[0].title == "Leeds 001A"
    assert index.list_hits("", 5) == ()


def test_the_pack_must_say_where_the_indices_are_read_from():
    assert list(manifest.check_pack({"feeds": {"deprivation": {}}}))
    assert not list(manifest.check_pack({"feeds": {"deprivation": {"url": "https://x.org/"}}}))
    assert not list(manifest.check_pack({}))


@pytest.mark.django_db
def test_the_page_names_the_most_deprived_and_a_wards_own_names_each_of_its_own(
    client, city, monkeypatch
):
    monkeypatch.setattr("moothall.topics.inclusion.views.MOST_DEPRIVED", 1)
    areas = queries.list_areas()
    ward = next(area.ward for area in reversed(areas) if area.ward)
    own = [area.gss for area in areas if area.ward == ward]

    def named(page):
        return [one.split("/")[2] for one in page.xpath('//div[@id="areas"]//th/a/@href')]

    assert named(read(client, "/inclusion/")) == [areas[0].gss]
    page = read(client, f"/inclusion/?ward={ward.gss}")
    assert named(page) == own
    assert page.xpath(f'//a[@href="/data/{LSOA.name}.csv"]')
    assert client.get("/inclusion/?ward=E99").status_code == 404
