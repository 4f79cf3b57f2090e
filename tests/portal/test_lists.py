"""Everything on the map, as lists and as features."""

import re

from moothall.kernel.keeping import kept
from moothall.portal.queries import maps


def test_layers_are_kept_one_by_one_however_they_are_asked_for(client, city):
    together = client.get("/now/features.geojson").json()["features"]
    names = sorted(maps.list_layer_ids())
    alone = [client.get(f"/now/features.geojson?layers={name}").json() for name in names]
    both = client.get(f"/now/features.geojson?layers={','.join(reversed(names))},none").json()

    assert [one for said in alone for one in said["features"]] == together == both["features"]
    assert {key[0] for key in kept._kept if key[0][0] == "features"} == {
        ("features", name) for name in names
    }


def test_a_long_list_is_read_page_by_page(city, client, monkeypatch):
    monkeypatch.setattr("moothall.portal.views.pages.SHORT", 1)
    monkeypatch.setattr("moothall.portal.views.pages.LEAF", 1)
    first = client.get("/now/list/").content.decode()
    assert "Old bridge" in first
    assert "Market Street" not in first
    (address,) = re.findall(r'href="(/now/list/\?layer=[^"]+)"', first)
    leaf = client.get(address).content.decode()
    assert ("Old bridge" in leaf, "Market Street" in leaf) == (True, False)
    second = client.get(f"{address}&page=2").content.decode()
    assert ("Old bridge" in second, "Market Street" in second) == (False, True)
    assert client.get("/now/list/?layer=nothing").status_code == 404
    assert client.get(f"{address}&page=zzz").status_code == 200
