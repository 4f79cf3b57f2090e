"""Tables that officers publish are collections: of points or of shapes, by their rows."""

from uuid import uuid4

import pytest
from tests.civic.opendata.api.features.conftest import NOW

from moothall.kernel.tables import versions
from moothall.standards.tables import reading

GEOJSON = b"""{"type": "FeatureCollection", "features": [
 {"type": "Feature", "properties": {"name": "Park", "opened": "2020-05-01", "size": 3},
  "geometry": {"type": "Point", "coordinates": [-1.55, 53.8]}},
 {"type": "Feature", "properties": {"name": "Wood", "opened": null, "size": 4},
  "geometry": null},
 {"type": "Feature", "properties": {"name": "Moor", "opened": "2021-06-01", "size": null},
  "geometry": {"type": "Polygon",
               "coordinates": [[[-1.6, 53.7], [-1.5, 53.7], [-1.5, 53.8], [-1.6, 53.7]]]}}
]}"""
ITEMS = "/collections/table.parks/items"


def publish(city, body):
    """Publish a table of a file, as officers would."""
    from moothall.civic.opendata.models import Table

    read = reading.read(body, name="parks.geojson")
    Table.objects.create(
        slug="parks",
        title="Parks",
        summary="Every park.",
        publisher="The Park Office",
        licence="OGL-UK-3.0",
        contact="parks@council.example",
        state=Table.State.PUBLISHED,
        asked=uuid4(),
        made_at=NOW,
        changed_at=NOW,
    )
    versions.keep(
        "table.parks",
        read.table,
        columns=read.columns,
        faults=read.faults,
        raw="",
        form="GeoJSON",
        geometry=read.geometry,
        now=NOW,
    )


@pytest.fixture
def parks(city, ask):
    """Parks of points and shapes, one of which is nowhere."""
    publish(city, GEOJSON)
    return ask


def names(answer):
    """Name the parks of an answer."""
    return [one["properties"]["name"] for one in answer.json()["features"]]


def test_rows_are_features_by_their_number(parks):
    assert "table.parks" in {one["id"] for one in parks("/collections").json()["collections"]}
    said = parks(ITEMS).json()
    assert said["numberMatched"] == 3
    assert [one["id"] for one in said["features"]] == [1, 2, 3]
    kinds = [one["geometry"] and one["geometry"]["type"] for one in said["features"]]
    assert kinds == ["Point", None, "Polygon"]
    assert parks(f"{ITEMS}/3").json()["properties"] == {
        "name": "Moor",
        "opened": "2021-06-01",
        "size": None,
    }
    for id_ in ("0", "4", "01", "x", "-1"):
        parks(f"{ITEMS}/{id_}", 404)


def test_rows_are_chosen_by_place_by_their_one_day_and_page_by_page(parks):
    assert names(parks(f"{ITEMS}?bbox=-1.56,53.79,-1.54,53.81")) == ["Park"]
    assert names(parks(f"{ITEMS}?bbox=-1.52,53.71,-1.51,53.72")) == ["Moor"]
    assert names(parks(f"{ITEMS}?datetime=2020-05-01")) == ["Park"]
    assert names(parks(f"{ITEMS}?datetime=2020-05-02/..")) == ["Moor"]
    assert names(parks(f"{ITEMS}?filter=size IS NULL OR id = 2")) == ["Wood", "Moor"]
    assert names(parks(f"{ITEMS}?limit=1&after=1")) == ["Wood"]
    assert names(parks(f"{ITEMS}?limit=5&after=x")) == []
    assert parks("/collections/table.parks/tiles/WebMercatorQuad/0/0/0").content


def test_a_withdrawn_table_is_gone_at_once(parks):
    from moothall.civic.opendata.models import Table

    assert parks(ITEMS)
    Table.objects.update(state=Table.State.WITHDRAWN, why="It named people.")
    for path in (ITEMS, f"{ITEMS}/1", "/collections/table.parks"):
        assert b'Park"' not in parks(path, 410).content
    Table.objects.update(state=Table.State.DRAFT)
    parks(ITEMS, 404)
