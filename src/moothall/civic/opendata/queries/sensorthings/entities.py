"""The things, streams, sensors and properties there are: of the series feeds bring, and by key.

What is kept is what seldom changes; the newest values are joined to it as each question is asked.
"""

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from moothall.civic.opendata.feeds.sensed import FEED
from moothall.civic.opendata.queries.datasets import is_open
from moothall.civic.opendata.queries.sensorthings import joining, kept
from moothall.civic.opendata.queries.sensorthings.items import Index, Item, thing_of
from moothall.civic.opendata.queries.sensorthings.kept import State
from moothall.kernel import packs
from moothall.kernel.observations.entries import SeriesEntry
from moothall.kernel.observations.lake import Lake, current
from moothall.kernel.registry import Feed, house
from moothall.ui.formats import unit_sign
from moothall.values.observations import Series

GEOJSON = "application/geo+json"
_OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"
MEASUREMENT, CATEGORY = f"{_OM}OM_Measurement", f"{_OM}OM_CategoryObservation"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unstated"


def _sensor_of(entry: SeriesEntry) -> str:
    """Name the sensor: a way of measuring, of one source."""
    if not entry.series.procedure:
        return entry.feed
    digest = blake2b(entry.series.procedure.encode(), digest_size=4).hexdigest()
    return f"{entry.feed}.{digest}"


class _Making:
    """Makes an index of series."""

    def __init__(self, feeds: dict[str, Feed], area: dict[str, Any]) -> None:
        self.feeds, self.area = feeds, area
        self.sets: dict[str, dict[str, Item]] = {
            name: {}
            for name in (
                "Things",
                "Locations",
                "HistoricalLocations",
                "Datastreams",
                "Sensors",
                "ObservedProperties",
                "FeaturesOfInterest",
            )
        }
        self.streams: dict[tuple[str, str], list[str]] = {}

    def take(self, entry: SeriesEntry) -> None:
        series = entry.series
        thing, sensor = thing_of(series.key), _sensor_of(entry)
        observed = _slug(series.observed_property)
        feed = self.feeds[entry.feed]
        self._thing(thing, series, feed)
        if sensor not in self.sets["Sensors"]:
            self._put("Sensors", sensor, _sensor(series, feed), {})
        if observed not in self.sets["ObservedProperties"]:
            values = {
                "name": series.observed_property or "unstated",
                "description": series.observed_property or "What is observed is not stated.",
                "properties": {},
            }
            self._put("ObservedProperties", observed, values, {})
        links = {
            "Thing": (thing,),
            "Sensor": (sensor,),
            "ObservedProperty": (observed,),
            "Observations": (series.key,),
        }
        self._put("Datastreams", series.key, _datastream(series, feed), links)
        for set_, id_ in (("Things", thing), ("Sensors", sensor), ("ObservedProperties", observed)):
            self.streams.setdefault((set_, id_), []).append(series.key)

    def _thing(self, id_: str, series: Series, feed: Feed) -> None:
        placed = series.lon is not None and series.lat is not None
        if id_ in self.sets["Things"] and (not placed or id_ in self.sets["Locations"]):
            return
        name = series.thing or series.title
        about = {"publisher": feed.publisher, **_terms(feed)}
        if id_ not in self.sets["Things"]:
            own = {"id": series.thing_id, "page": series.source_url, "feed": feed.name}
            values = {"name": name, "description": name, "properties": _said({**own, **about})}
            links: dict[str, tuple[str, ...]] = {"Locations": (), "HistoricalLocations": ()}
            self._put("Things", id_, values, links)
            place = {
                "name": name,
                "description": f"The city. No nearer place is stated for {name}.",
                "encodingType": GEOJSON,
                "feature": self.area,
                "properties": about,
            }
            self._put("FeaturesOfInterest", id_, place, {})
        if placed:
            self._place(id_, {"type": "Point", "coordinates": [series.lon, series.lat]}, about)

    def _place(self, id_: str, point: dict[str, Any], about: dict[str, str]) -> None:
        name = self.sets["Things"][id_].values["name"]
        words = {"name": name, "description": f"Where {name} is", "encodingType": GEOJSON}
        self._put(
            "Locations",
            id_,
            {**words, "location": point, "properties": about},
            {"Things": (id_,), "HistoricalLocations": (id_,)},
        )
        self._put("HistoricalLocations", id_, {}, {"Thing": (id_,), "Locations": (id_,)})
        self._put("FeaturesOfInterest", id_, {**words, "feature": point, "properties": about}, {})
        self.sets["Things"][id_].links.update({"Locations": (id_,), "HistoricalLocations": (id_,)})

    def _put(
        self, set_: str, id_: str, values: dict[str, Any], links: dict[str, tuple[str, ...]]
    ) -> None:
        self.sets[set_][id_] = Item(set_, id_, values, links)

    def made(self) -> Index:
        for (set_, id_), keys in self.streams.items():
            self.sets[set_][id_].links["Datastreams"] = tuple(keys)
            if set_ == "Things":
                self.sets["FeaturesOfInterest"][id_].links["Observations"] = tuple(keys)
        # The place of a stream is that of its thing.
        for key, stream in self.sets["Datastreams"].items():
            place = self.sets["Locations"].get(thing_of(key))
            if place is not None:
                stream.values["observedArea"] = place.values["location"]
        ordered = {name: dict(sorted(items.items())) for name, items in self.sets.items()}
        return Index(ordered, tuple(sorted(self.feeds)))


def _said(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _terms(feed: Feed) -> dict[str, str]:
    return {"license": feed.licence, "attribution": feed.attribution}


def _sensor(series: Series, feed: Feed) -> dict[str, Any]:
    return {
        "name": series.procedure or feed.title,
        "description": f"{feed.title}: {series.procedure}" if series.procedure else feed.summary,
        "encodingType": "text/html",
        "metadata": feed.documentation,
        "properties": {"publisher": feed.publisher, "feed": feed.name, **_terms(feed)},
    }


def _datastream(series: Series, feed: Feed) -> dict[str, Any]:
    unit: dict[str, str | None] = {"name": None, "symbol": None, "definition": None}
    if series.unit:
        sign = unit_sign(series.unit) or series.unit
        unit = {"name": series.unit, "symbol": sign, "definition": f"ucum:{series.unit}"}
    own = {"feed": feed.name, "procedure": series.procedure, "page": series.source_url}
    return {
        "name": series.title,
        "description": series.procedure or series.title,
        "observationType": MEASUREMENT if series.unit else CATEGORY,
        "unitOfMeasurement": unit,
        "properties": _said({**own, "publisher": feed.publisher, **_terms(feed)}),
    }


def make(entries: Iterable[SeriesEntry], area: dict[str, Any]) -> Index:
    """Make an index of the series that open feeds bring."""
    wanted = [entry for entry in entries if is_open(entry.feed) and entry.feed != FEED.name]
    making = _Making({e.feed: house.feed(e.feed) for e in wanted}, area)
    for entry in wanted:
        making.take(entry)
    return making.made()


@dataclass(slots=True)
class _Held:
    lake: Lake
    declared: int
    feeds: tuple[Feed, ...]
    pack: object
    brought: Index
    """Of what feeds bring."""
    state: State | None
    index: Index
    """With what was made by key besides."""


def index_of_feeds() -> Index:
    """Return every entity that feeds bring."""
    index()
    return _held[0].brought


_held: list[_Held] = []
_lock = threading.Lock()


def index() -> Index:
    """Return every entity there is, made anew only when a series or an entity says another."""
    lake, pack = current(), packs.current()
    declared, feeds = lake.last_declared(), house.feeds()
    state = kept.state()
    with _lock:
        for one in _held:
            same = one.lake is lake and one.declared == declared and one.pack is pack
            if same and one.feeds == feeds:
                if one.state is not state:
                    one.index, one.state = joining.joined(one.brought, state), state
                return one.index
        brought = make(lake.list_series(), _area(pack))
        made = joining.joined(brought, state)
        _held[:] = [_Held(lake, declared, feeds, pack, brought, state, made)]
        return made


def _area(pack: packs.Pack) -> dict[str, Any]:
    box = pack.box
    ring = [
        [box.west, box.south],
        [box.east, box.south],
        [box.east, box.north],
        [box.west, box.north],
        [box.west, box.south],
    ]
    return {"type": "Polygon", "coordinates": [ring]}
