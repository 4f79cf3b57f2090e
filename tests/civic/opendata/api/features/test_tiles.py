"""Vector tiles of collections: what is in them, how they are described, and what is refused."""

import pyogrio
import pytest

LAMPS = "/collections/lamps.lamp/tiles"
TILE = f"{LAMPS}/WebMercatorQuad"
HERE = "10/329/507"
"""Zoom, row and column of the square that has the lamps."""


def read(answer, tmp_path):
    """Let GDAL read a tile: what its features say, by column."""
    path = tmp_path / "tile.mvt"
    path.write_bytes(answer.content)
    about, _, _, columns = pyogrio.raw.read(f"MVT:{path}")
    return {name: column.tolist() for name, column in zip(about["fields"], columns, strict=True)}


def test_a_tile_has_the_features_of_its_square(ask, tmp_path):
    answer = ask(f"{TILE}/{HERE}")
    assert answer["Content-Type"] == "application/vnd.mapbox-vector-tile"
    said = read(answer, tmp_path)
    assert "lamp/00" in said["id"]
    assert said["height"][said["id"].index("lamp/02")] == 1.0
    whole = read(ask(f"{TILE}/0/0/0"), tmp_path)
    assert len(whole["id"]) == 24
    wards = read(ask("/collections/lamps.ward/tiles/WebMercatorQuad/9/164/253"), tmp_path)
    assert sorted(wards["name"]) == ["east", "west"]


def test_an_empty_square_has_nothing_and_one_that_is_none_is_not_found(ask):
    assert ask(f"{TILE}/12/0/0", 204).content == b""
    for place in ("19/0/0", "3/8/0", "3/0/8", f"{10**30}/0/0"):
        ask(f"{TILE}/{place}", 404)
    ask(f"{TILE}/0/0/0?colour=red", 400)
    ask("/collections/lamps.keeper/tiles/WebMercatorQuad/0/0/0", 404)


def test_a_tile_is_not_sent_twice_and_anyones_map_may_show_it(ask):
    first = ask(f"{TILE}/{HERE}")
    assert first["Access-Control-Allow-Origin"] == "*"
    ask(f"{TILE}/{HERE}", 304, if_none_match=first["ETag"])


def test_tiles_are_described_in_the_standards_words_and_as_tilejson(ask):
    (listed,) = ask(LAMPS).json()["tilesets"]
    said = ask(TILE).json()
    assert said["dataType"] == listed["dataType"] == "vector"
    assert {"self", "item", "geodata"} <= {one["rel"] for one in said["links"]}
    told = ask(f"{TILE}?f=tilejson").json()
    assert told["tiles"][0].endswith("/WebMercatorQuad/{z}/{y}/{x}")
    assert told["vector_layers"][0]["id"] == "lamps.lamp"
    assert told["bounds"] == pytest.approx([-1.5, 53.8, -1.46, 53.84])
    assert "height" in told["vector_layers"][0]["fields"]
    ask("/tileMatrixSets")
    assert len(ask("/tileMatrixSets/WebMercatorQuad").json()["tileMatrices"]) == 19
