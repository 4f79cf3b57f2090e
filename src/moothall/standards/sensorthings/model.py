"""The eight entities of the Sensing core: their properties, and how they are linked."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Link:
    """From one entity to another."""

    target: str
    """The entity set it leads to."""
    many: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One sort of entity."""

    name: str
    """In the singular, as a link to one is called."""
    set: str
    properties: tuple[str, ...]
    required: tuple[str, ...]
    links: Mapping[str, Link]
    must_link: tuple[str, ...] = ()
    """Links to one without which it cannot be made."""
    open: frozenset[str] = field(default=frozenset({"properties"}))
    """Properties that are JSON of any shape, and may be asked about by path."""
    times: frozenset[str] = frozenset()


def _one(target: str) -> Link:
    return Link(target, many=False)


def _many(target: str) -> Link:
    return Link(target, many=True)


_DESCRIBED = ("name", "description")

ENTITIES: Mapping[str, Entity] = {
    entity.set: entity
    for entity in (
        Entity(
            name="Thing",
            set="Things",
            properties=(*_DESCRIBED, "properties"),
            required=_DESCRIBED,
            links={
                "Locations": _many("Locations"),
                "HistoricalLocations": _many("HistoricalLocations"),
                "Datastreams": _many("Datastreams"),
            },
        ),
        Entity(
            name="Location",
            set="Locations",
            properties=(*_DESCRIBED, "encodingType", "location", "properties"),
            required=(*_DESCRIBED, "encodingType", "location"),
            links={
                "Things": _many("Things"),
                "HistoricalLocations": _many("HistoricalLocations"),
            },
            open=frozenset({"properties", "location"}),
        ),
        Entity(
            name="HistoricalLocation",
            set="HistoricalLocations",
            properties=("time",),
            required=("time",),
            links={"Thing": _one("Things"), "Locations": _many("Locations")},
            must_link=("Thing",),
            open=frozenset(),
            times=frozenset({"time"}),
        ),
        Entity(
            name="Datastream",
            set="Datastreams",
            properties=(
                *_DESCRIBED,
                "observationType",
                "unitOfMeasurement",
                "observedArea",
                "phenomenonTime",
                "resultTime",
                "properties",
            ),
            required=(*_DESCRIBED, "observationType", "unitOfMeasurement"),
            links={
                "Thing": _one("Things"),
                "Sensor": _one("Sensors"),
                "ObservedProperty": _one("ObservedProperties"),
                "Observations": _many("Observations"),
            },
            must_link=("Thing", "Sensor", "ObservedProperty"),
            open=frozenset({"properties", "unitOfMeasurement", "observedArea"}),
            times=frozenset({"phenomenonTime", "resultTime"}),
        ),
        Entity(
            name="Sensor",
            set="Sensors",
            properties=(*_DESCRIBED, "encodingType", "metadata", "properties"),
            required=(*_DESCRIBED, "encodingType", "metadata"),
            links={"Datastreams": _many("Datastreams")},
            open=frozenset({"properties", "metadata"}),
        ),
        Entity(
            name="ObservedProperty",
            set="ObservedProperties",
            properties=("name", "definition", "description", "properties"),
            required=("name", "definition", "description"),
            links={"Datastreams": _many("Datastreams")},
        ),
        Entity(
            name="Observation",
            set="Observations",
            properties=(
                "phenomenonTime",
                "result",
                "resultTime",
                "resultQuality",
                "validTime",
                "parameters",
            ),
            required=("result",),
            links={
                "Datastream": _one("Datastreams"),
                "FeatureOfInterest": _one("FeaturesOfInterest"),
            },
            must_link=("Datastream",),
            open=frozenset({"parameters", "resultQuality", "result"}),
            times=frozenset({"phenomenonTime", "resultTime", "validTime"}),
        ),
        Entity(
            name="FeatureOfInterest",
            set="FeaturesOfInterest",
            properties=(*_DESCRIBED, "encodingType", "feature", "properties"),
            required=(*_DESCRIBED, "encodingType", "feature"),
            links={"Observations": _many("Observations")},
            open=frozenset({"properties", "feature"}),
        ),
    )
}
"""Every sort, by the name of its set."""

CONFORMANCE = (
    "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/resource-path/resource-path-to-entities",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data",
)
"""What reading alone conforms to; a server adds what it does besides."""


class UnableToRead(ValueError):
    """What the standard does not allow: where it stands, and the mend."""

    def __init__(self, where: str, mend: str) -> None:
        super().__init__(f"{where}: {mend}")
        self.where = where
        self.mend = mend
