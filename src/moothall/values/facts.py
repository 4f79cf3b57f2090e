"""What a page shows: a fact with its unit, age, state and source, and the cards made of facts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from math import inf

from moothall.values.observations import Origin, Quality
from moothall.values.places import Point


class State(StrEnum):
    """What a fact means to a person. Always shown in words too, never by colour alone."""

    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"
    UNKNOWN = "unknown"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One value as a person reads it.

    Units:   `value` is ready to read and `unit` is the unit's usual sign ("0.66", "m").
             A missing value is "" and its state UNKNOWN: never zero, never good.
    """

    label: str
    value: str = ""
    unit: str = ""
    words: str = ""
    """What it means: "Normal for this time of year", "no data since 14:05"."""
    state: State = State.NEUTRAL
    at: datetime | None = None
    until: datetime | None = None
    quality: Quality | None = None
    origin: Origin = Origin.LIVE
    stale: bool = False
    series: str = ""
    """Key of the series it comes from; opens its history and evidence."""
    dataset: str = ""
    record: str = ""
    point: Point | None = None
    distance_m: float | None = None
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What one service says about the city now."""

    id: str
    title: str
    lead: str
    """The answer in one sentence."""
    state: State = State.NEUTRAL
    facts: tuple[Fact, ...] = ()
    figure: Fact | None = None
    """The one value that says most, where that is none of `facts`: a sum of them."""
    url: str = ""
    datasets: tuple[str, ...] = ()
    attribution: str = ""
    more: int = 0
    """How many further facts the card's own page shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One thing on the map, and in the list that says the same."""

    id: str
    title: str
    point: Point
    words: str = ""
    state: State = State.NEUTRAL
    url: str = ""
    origin: Origin = Origin.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One answer to a search."""

    title: str
    url: str
    summary: str = ""
    kind: str = ""
    score: float = 0.0
    point: Point | None = None


def mark_facts(named: Iterable[tuple[str, Fact]]) -> tuple[Mark, ...]:
    """Put facts on the map, each under its id; one that says no point stays off it."""
    return tuple(
        Mark(
            id=id,
            title=fact.label,
            point=fact.point,
            words=f"{fact.value} {fact.unit}, {fact.words}" if fact.value else fact.words,
            state=fact.state,
            url=fact.url,
            origin=fact.origin,
        )
        for id, fact in named
        if fact.point is not None
    )


def list_nearest(
    point: Point, facts: Iterable[Fact], *, most: int, within_m: float = inf
) -> tuple[Fact, ...]:
    """Return the facts nearest to a point, nearest first, each with how far away it is."""
    near = [
        (distance_m, fact)
        for fact in facts
        if fact.point is not None and (distance_m := point.distance_m(fact.point)) <= within_m
    ]
    near.sort(key=lambda pair: pair[0])
    return tuple(replace(fact, distance_m=distance_m) for distance_m, fact in near[:most])
