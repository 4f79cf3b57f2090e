"""What the flood service tells the rest of the house: cards, map, near a point, search."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moothall.kernel import packs
from moothall.kernel.registry import as_told
from moothall.topics.flood import rules
from moothall.topics.flood.feeds import levels as levels_feed
from moothall.topics.flood.feeds import readings as readings_feed
from moothall.topics.flood.feeds import warnings as warnings_feed
from moothall.topics.flood.queries import levels, warnings
from moothall.values.facts import Card, Fact, Hit, Mark, State

ON_THE_CARD = 4


def get_rivers_card(now: datetime) -> Card | None:
    """Say how the city's rivers are now; None for a city without gauges."""
    found = levels.list_levels(now=now)
    if not found:
        return None
    # The pack's first gauge is the one people know; after it, the ones that call for attention.
    first, *others = found
    others.sort(key=lambda level: rules.WORST_FIRST.index(level.show_as))
    shown = (first, *others)[:ON_THE_CARD]
    return Card(
        id="rivers",
        title=_("Rivers"),
        lead=_say_lead(found),
        state=rules.worst_state([level.show_as for level in found if _speaks(level)])
        if any(_speaks(level) for level in found)
        else State.UNKNOWN,
        facts=tuple(as_fact(level) for level in shown),
        url="/flood/",
        datasets=(readings_feed.FEED.name, levels_feed.FEED.name),
        attribution=as_told(readings_feed.FEED).attribution,
        more=len(found) - len(shown),
    )


def _speaks(level: levels.GaugeLevel) -> bool:
    return level.state is not rules.LevelState.UNKNOWN


def _say_lead(found: tuple[levels.GaugeLevel, ...]) -> str:
    high = [level for level in found if level.show_as in (State.BAD, State.WATCH)]
    silent = [level for level in found if not _speaks(level)]
    if len(silent) == len(found):
        return _("River levels are not known: no gauge has reported lately")
    if high:
        lead = ngettext(
            "%(n)d level is above its usual range: %(name)s",
            "%(n)d levels are above their usual range, among them %(name)s",
            len(high),
        ) % {"n": len(high), "name": _name(high[0])}
    else:
        lead = _("No river is known to be above its usual range")
    if silent:
        lead += "; " + ngettext(
            "%(n)d gauge has not reported lately",
            "%(n)d gauges have not reported lately",
            len(silent),
        ) % {"n": len(silent)}
    return lead


def _name(level: levels.GaugeLevel) -> str:
    """Name a gauge, and of a weir the side that is meant."""
    return f"{level.gauge.name} ({level.side})" if level.side else level.gauge.name


def as_fact(level: levels.GaugeLevel) -> Fact:
    """Say one gauge's level as a fact."""
    return Fact(
        label=f"{level.gauge.river}, {_name(level)}",
        value="" if level.level_m is None else f"{level.level_m:.2f}",
        unit="" if level.level_m is None else "m",
        words=level.words,
        state=level.show_as,
        at=level.read_at,
        quality=level.quality,
        origin=level.origin,
        stale=level.level_m is not None and not _speaks(level),
        series=level.series,
        dataset=level.feed,
        point=level.gauge.point,
        url=level.url,
    )


def rain_as_fact(rain: levels.Rainfall) -> Fact:
    """Say one rain gauge's newest quarter hour as a fact."""
    return Fact(
        label=rain.name,
        value="" if rain.last_mm is None else f"{rain.last_mm:.1f}",
        unit="" if rain.last_mm is None else "mm",
        words=rain.words,
        state=State.NEUTRAL if rain.current else State.UNKNOWN,
        at=rain.read_at,
        origin=rain.origin,
        stale=rain.last_mm is not None and not rain.current,
        series=rain.series,
        dataset=readings_feed.FEED.name if rain.series else "",
        point=rain.point,
    )


def get_warnings_card(now: datetime) -> Card | None:
    """Say which flood warnings are in force; None for a city that does not read them."""
    if warnings_feed.FEED.name not in packs.current().feeds_on():
        return None
    found = warnings.list_warnings(now=now)
    return Card(
        id="flood-warnings",
        title=_("Flood warnings"),
        lead=found.words,
        state=found.state,
        facts=tuple(
            Fact(
                label=one.words,
                value=one.name,
                state=one.show_as,
                at=one.changed_at,
                origin=one.origin,
                dataset=warnings_feed.WARNING.name,
                record=one.id,
                url="/flood/#warnings",
            )
            for one in (*found.in_force, *found.over)[:ON_THE_CARD]
        ),
        url="/flood/#warnings",
        datasets=(warnings_feed.WARNING.name,),
        attribution=as_told(warnings_feed.FEED).attribution,
        more=max(0, len(found.in_force) + len(found.over) - ON_THE_CARD),
    )


def list_marks(now: datetime) -> tuple[Mark, ...]:
    """Return the city's gauges as map points; a weir stands once, with both its levels."""
    points: dict[str, list[levels.GaugeLevel]] = {}
    for level in levels.list_levels(now=now):
        points.setdefault(level.gauge.id, []).append(level)
    return tuple(_as_mark(sides) for sides in points.values())


def _as_mark(sides: list[levels.GaugeLevel]) -> Mark:
    gauge = sides[0].gauge
    words = "; ".join(
        (f"{side.side}: " if side.side else "")
        + (side.words if side.level_m is None else f"{side.level_m:.2f} m, {side.words}")
        for side in sides
    )
    return Mark(
        id=f"flood-{gauge.id}",
        title=f"{gauge.river}, {gauge.name}",
        point=gauge.point,
        words=words,
        state=rules.worst_state([side.show_as for side in sides]),
        url=sides[0].url,
        origin=max(side.origin for side in sides),
    )


def list_facts(now: datetime) -> tuple[Fact, ...]:
    """Return every level as a fact."""
    return tuple(as_fact(level) for level in levels.list_levels(now=now))


def list_findable() -> Iterable[tuple[Hit, str]]:
    """Name the gauges to a search, each with its number."""
    return (
        (
            Hit(
                title=f"{gauge.river}, {gauge.name}",
                url=f"/flood/gauges/{gauge.id}/",
                summary=_("River level, now and over the last day"),
                kind=_("River gauge"),
                point=gauge.point,
            ),
            f"{gauge.id} river level flood gauge",
        )
        for gauge in levels.list_gauges()
    )
