"""A pack that names catalogues wrongly is told where, and follows the others."""

import pytest

from moothall.civic.opendata.manifest import check_pack, fit

SOUND = {"name": "North", "url": "https://north.example/", "form": "ckan", "hours": 6}


def feeds(section):
    return {one.name: one for one in fit(section).feeds}


def test_each_catalogue_of_a_pack_is_a_feed_beside_what_the_service_has_itself():
    found = feeds({"feeds": {"north": SOUND, "sensed": {}}})
    assert "opendata.sensed" in found
    north = found["opendata.north"]
    assert (north.title, north.documentation) == ("North", "https://north.example/")
    assert north.every.total_seconds() == 6 * 3600
    assert list(check_pack({"feeds": {"north": SOUND, "sensed": {}}})) == []


@pytest.mark.parametrize(
    ("source", "wrong", "key"),
    [
        ("south", {"name": ""}, "name"),
        ("south", {"name": "NORTH"}, "name"),
        ("south", {"url": "north.example"}, "url"),
        ("South-East", {}, "url"),
        ("south", {"form": "excel"}, "form"),
        ("south", {"hours": 0}, "hours"),
        ("south", {"hours": "daily"}, "hours"),
    ],
)
def test_one_at_fault_is_told_of_and_the_others_are_followed(source, wrong, key):
    section = {"feeds": {"north": SOUND, source: {**SOUND, "name": "South", **wrong}}}
    (fault,) = check_pack(section)
    assert fault.path == ("feeds", source, key)
    assert fault.mend
    assert "opendata.north" in feeds(section)
    assert f"opendata.{source}" not in feeds(section)
