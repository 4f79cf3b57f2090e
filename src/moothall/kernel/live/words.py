"""How live values are written: server-sent events, JSON and GeoJSON. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from moothall.kernel.observations.entries import Latest
from moothall.values.observations import Origin, Quality


def instant(at: datetime) -> str:
    """Write an instant as ISO 8601 in UTC."""
    return at.isoformat().replace("+00:00", "Z")


def observation(entry: Latest) -> dict[str, Any]:
    """Say one latest value; a category is `text`, a number is `value`."""
    said = entry.observation
    words: dict[str, Any] = {"series": entry.series.key, "at": instant(said.at)}
    if said.until is not None:
        words["until"] = instant(said.until)
    words["text" if isinstance(said.result, str) else "value"] = said.result
    words["unit"] = entry.series.unit
    words["quality"] = Quality(said.quality).name.lower()
    words["origin"] = Origin(said.origin).name.lower()
    return words


def event(name: str, data: Mapping[str, Any], *, id: int | None = None) -> bytes:
    """Write one server-sent event (WHATWG HTML, 9.2)."""
    marked = b"" if id is None else b"id: %d\n" % id
    return b"event: %s\n%sdata: %s\n\n" % (name.encode(), marked, orjson.dumps(data))


def observations(entries: Iterable[Latest], *, id: int) -> bytes:
    """Write a change as events. Only its last carries the id: who misses part hears it again."""
    written = [observation(entry) for entry in entries]
    return b"".join(
        event("observation", words, id=id if last else None)
        for words, last in ((words, n == len(written)) for n, words in enumerate(written, 1))
    )


def bookmark(id: int) -> bytes:
    """Move a listener's bookmark on without saying anything; it also keeps the line alive."""
    return b": still here\nid: %d\n\n" % id


def resync(id: int, why: str) -> bytes:
    """Tell a listener to read /live/latest afresh: what it missed will not be said again."""
    return event("resync", {"why": why, "latest": "/live/latest"}, id=id)


def latest(entries: Iterable[Latest], *, id: int) -> bytes:
    """Write latest values as JSON, with the id to listen on from."""
    rows = [
        observation(entry)
        | {
            "title": entry.series.title,
            "thing": entry.series.thing,
            "feed": entry.feed,
            "received_at": instant(entry.received_at),
            "evidence": f"/data/series/{entry.series.key}/",
        }
        for entry in entries
    ]
    return orjson.dumps({"id": id, "count": len(rows), "latest": rows})


def geojson(entries: Iterable[Latest], *, id: int) -> bytes:
    """Write latest values of things that have a place as GeoJSON (RFC 7946)."""
    features = [
        {
            "type": "Feature",
            "id": entry.series.key,
            "geometry": {"type": "Point", "coordinates": [entry.series.lon, entry.series.lat]},
            "properties": observation(entry)
            | {
                "title": entry.series.title,
                "thing": entry.series.thing,
                "feed": entry.feed,
                "evidence": f"/data/series/{entry.series.key}/",
            },
        }
        for entry in entries
        if entry.series.lon is not None and entry.series.lat is not None
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": features, "moothall:id": id})
