"""Strangers' clients of OGC API - Features, OWSLib and GDAL, read the city over real HTTP."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from moothall.kernel.registry import Feed
from moothall.standards.ogcapi.crs import BRITISH
from moothall.values.observations import Batch, Column, Kind, Record

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
TREES = 5_000
KIND = Kind(
    name="trees.tree",
    title="Trees",
    columns=(
        Column(name="species"),
        Column(name="height", type="number", unit="m"),
        Column(name="rings", type="integer"),
        Column(name="planted_on", type="date"),
    ),
    geometry="Point",
)
GDAL = """
import json, sys
import pyogrio
asked = json.loads(sys.argv[1])
address, layer = asked.pop("address"), asked.pop("layer")
asked = {name: tuple(one) if name == "bbox" else one for name, one in asked.items()}
about, _, places, columns = pyogrio.raw.read(f"OAPIF:{address}", layer=layer, **asked)
import shapely
shapes = shapely.from_wkb(places)
print(json.dumps({
    "count": len(places),
    "names": list(about["fields"]),
    "types": [str(one) for one in about["dtypes"]],
    "crs": about["crs"],
    "distinct": len(set(map(str, columns[list(about["fields"]).index("id")]))),
    "bounds": shapely.total_bounds(shapes).tolist(),
}))
"""


@pytest.fixture
def city(lake, in_city, monkeypatch):
    """Five thousand trees in an invented city."""
    from moothall.kernel import packs
    from moothall.kernel.registry import house

    in_city("leeds")
    feed = Feed(
        name="trees.all",
        title="Trees",
        summary="Every tree.",
        publisher="The Tree Office",
        documentation="https://trees.example/",
        licence="OGL-UK-3.0",
        attribution="Contains data of the Tree Office.",
        every=timedelta(days=1),
        stale_after=timedelta(days=7),
        parse=lambda payload, params: Batch(),
        observes=False,
        kinds=(KIND,),
    )
    monkeypatch.setattr(house, "_feeds", {feed.name: feed})
    monkeypatch.setattr(packs.Pack, "feeds_on", lambda self: {feed.name: {}})
    trees = tuple(
        Record(
            kind=KIND.name,
            id=f"tree-{n}",
            from_at=NOW,
            fields={
                "species": ("oak", "ash", "Chêne à l'écorce")[n % 3],
                "height": n / 10,
                "rings": n,
                "planted_on": "2001-02-03",
            },
            geometry={
                "type": "Point",
                "coordinates": [-1.8 + n % 100 / 200, 53.7 + n // 100 / 200],
            },
        )
        for n in range(TREES)
    )
    lake.append(Batch(records=trees), feed=feed.name, key="1", now=NOW)
    return lake


@pytest.fixture
def address(city, root):
    """The service's address."""
    return f"{root}/api/features"


def gdal(address, **asked):
    """Let GDAL read features, in a process of its own: it holds up every thread of its own."""
    asked = {"address": address, "layer": KIND.name, **asked}
    run = [sys.executable, "-c", GDAL, json.dumps(asked)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_owslib_finds_its_way_from_the_landing_page_to_one_feature(address):
    from owslib.ogcapi.features import Features

    service = Features(f"{address}/")
    assert service.conformance()["conformsTo"]
    assert service.api()["openapi"].startswith("3.0")
    assert service.feature_collections() == [KIND.name]
    assert service.collection(KIND.name)["title"] == "Trees"
    assert "height" in service.collection_queryables(KIND.name)["properties"]
    found = service.collection_items(KIND.name, limit=3, bbox=[-1.81, 53.69, -1.78, 53.7])
    assert found["numberMatched"] == 5
    assert len(found["features"]) == 3
    oaks = service.collection_items(KIND.name, filter="species = 'oak' AND height < 1", limit=99)
    assert {one["properties"]["species"] for one in oaks["features"]} == {"oak"}
    assert service.collection_item(KIND.name, "tree-7")["properties"]["rings"] == 7


def test_gdal_reads_exactly_every_feature_once_with_the_types_they_have(address):
    found = gdal(address)
    assert (found["count"], found["distinct"]) == (TREES, TREES)
    told = dict(zip(found["names"], found["types"], strict=True))
    assert told["species"] == "object"
    assert told["height"] == "float64"
    assert told["rings"] in {"int32", "int64"}
    assert told["planted_on"].startswith("datetime64")
    assert found["bounds"] == pytest.approx([-1.8, 53.7, -1.305, 53.945])


def test_gdal_lets_the_service_choose_by_box_and_by_what_features_say(address):
    assert gdal(address, bbox=[-1.81, 53.69, -1.775, 53.7])["count"] == 6
    assert gdal(address, where="species = 'oak' AND rings < 30")["count"] == 10


def test_pages_in_another_system_lead_to_every_feature(address):
    import requests

    page = (
        f"{address}/collections/{KIND.name}/items?{urlencode({'crs': BRITISH.uri, 'limit': 999})}"
    )
    seen = []
    while page:
        answer = requests.get(page, timeout=30)
        assert answer.headers["Content-Crs"] == f"<{BRITISH.uri}>"
        seen += [one["id"] for one in answer.json()["features"]]
        page = answer.links.get("next", {}).get("url")
    assert (len(seen), len(set(seen))) == (TREES, TREES)
