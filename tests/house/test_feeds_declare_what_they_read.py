"""What a feed reads of its pack is declared, so that `moothall pack check` can tell a slip."""

import ast
import inspect
import sys

import pytest

from moothall.kernel.registry import house

OF_THE_HOUSE = {"city", "now"}
FEEDS = [
    (service, feed) for service in house.services if service.fit is None for feed in service.feeds
]


def keys_read(tree):
    """Find `params["key"]` and `params.get("key")`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            holder, key = node.value, node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            holder, key = node.func.value, node.args[0]
        else:
            continue
        if isinstance(holder, ast.Name) and holder.id == "params" and isinstance(key, ast.Constant):
            yield key.value


def source_of(feed):
    return inspect.getsource(sys.modules[feed.parse.__module__])


def test_there_are_feeds_to_look_at():
    assert len(FEEDS) > 10
    assert "url" in set(keys_read(ast.parse('params.get("url"); params["x"]')))


@pytest.mark.parametrize(("service", "feed"), FEEDS, ids=[feed.name for _, feed in FEEDS])
def test_what_a_feed_reads_of_its_pack_is_declared_and_what_it_declares_is_read(service, feed):
    source = source_of(feed)
    read = set(keys_read(ast.parse(source)))
    assert read <= {*feed.reads, *service.rows, *OF_THE_HOUSE}
    words = {
        node.value
        for node in ast.walk(ast.parse(source[: source.index("FEED = Feed(")]))
        if isinstance(node, ast.Constant)
    }
    assert {name.rpartition(".")[2] for name in feed.reads} <= words
