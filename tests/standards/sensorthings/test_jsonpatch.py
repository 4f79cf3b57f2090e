"""A patch is applied, and is no more than it says, however it copies."""

import pytest

from moothall.standards.sensorthings import jsonpatch
from moothall.standards.sensorthings.bodies import UnableToWrite


def test_what_is_put_in_is_a_copy():
    before = {"a": {"b": 1}}
    after = jsonpatch.apply(before, [{"op": "copy", "from": "/a", "path": "/c"}])
    assert after == {"a": {"b": 1}, "c": {"b": 1}}
    assert after["a"] is not before["a"]


def test_a_copy_of_a_copy_of_a_copy_ends(monkeypatch):
    monkeypatch.setattr(jsonpatch, "MOST_BYTES", 10_000)
    doubling = [{"op": "copy", "from": "/a", "path": f"/a/{n}"} for n in range(20)]
    with pytest.raises(UnableToWrite, match="larger"):
        jsonpatch.apply({"a": {"b": 1}}, doubling)


@pytest.mark.parametrize("times", [9, 199])
def test_what_it_makes_is_no_deeper_than_a_body_may_be(times):
    path = [f"/a{'/b' * n}/b" for n in range(times * 3)]
    deeper = [{"op": "add", "path": path[n * 3], "value": {"b": {"b": {}}}} for n in range(times)]
    with pytest.raises(UnableToWrite):
        jsonpatch.apply({"a": {}}, deeper)
