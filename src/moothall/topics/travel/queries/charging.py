"""Charge points: where they are, how powerful, and how old that knowledge is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moothall.kernel import packs
from moothall.kernel.observations import lake
from moothall.kernel.observations.entries import RecordEntry
from moothall.kernel.registry import as_told
from moothall.topics.travel.feeds import charging as charging_feed
from moothall.values.facts import Card, Fact, Hit, Mark, State
from moothall.values.observations import Origin
from moothall.values.places import Point
from moothall.values.times import parse_instant


class UnableToFindChargePoint(LookupError):
    """There is no such charge point in this city."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePoint:
    """One device, as its owner last described it.

    Units:   kilowatts. What is not known is None or "".
    """

    id: str
    name: str
    street: str
    postcode: str
    operator: str
    network: str
    location_type: str
    status: str
    connectors: int | None
    connectors_in_service: int | None
    connector_types: str
    max_kw: float | None
    rapid: bool | None
    access: str
    access_details: str
    open_24_hours: bool | None
    payment_required: bool | None
    subscription_required: bool | None
    updated_at: datetime | None
    point: Point
    origin: Origin
    raw: str

    @property
    def url(self) -> str:
        """The charge point's page here."""
        return f"/charging/{quote(self.id, safe='')}/"

    @property
    def working(self) -> bool:
        """Whether its owner last said that it works."""
        return self.status == "in service" and self.connectors_in_service != 0


def list_charge_points() -> tuple[ChargePoint, ...]:
    """Return the city's charge points, the most powerful first."""
    found = lake.current().list_records(charging_feed.CHARGE_POINT.name)
    return tuple(
        sorted(
            (_read(entry) for entry in found if entry.record.geometry),
            key=lambda point: (-(point.max_kw or 0), point.name.lower(), point.id),
        )
    )


def get_charge_point(point_id: str) -> ChargePoint:
    """Return one charge point; errors: UnableToFindChargePoint."""
    entry = lake.current().find_record(charging_feed.CHARGE_POINT.name, point_id)
    if entry is None or not entry.record.geometry:
        raise UnableToFindChargePoint(_("There is no charge point %(id)s here.") % {"id": point_id})
    return _read(entry)


def _read(entry: RecordEntry) -> ChargePoint:
    fields = entry.record.fields

    def text(name: str) -> str:
        return str(fields.get(name) or "")

    def flag(name: str) -> bool | None:
        value = fields.get(name)
        return value if isinstance(value, bool) else None

    def count(name: str) -> int | None:
        value = fields.get(name)
        return int(value) if isinstance(value, int | float) else None

    lon, lat = (entry.record.geometry or {})["coordinates"]
    max_kw = fields.get("max_kw")
    return ChargePoint(
        id=entry.record.id,
        name=text("name"),
        street=text("street"),
        postcode=text("postcode"),
        operator=text("operator"),
        network=text("network"),
        location_type=text("location_type"),
        status=text("status") or "unknown",
        connectors=count("connectors"),
        connectors_in_service=count("connectors_in_service"),
        connector_types=text("connector_types"),
        max_kw=float(max_kw) if isinstance(max_kw, int | float) else None,
        rapid=flag("rapid"),
        access=text("access"),
        access_details=text("access_details"),
        open_24_hours=flag("open_24_hours"),
        payment_required=flag("payment_required"),
        subscription_required=flag("subscription_required"),
        updated_at=parse_instant(text("updated_at")) if fields.get("updated_at") else None,
        point=Point(lon=lon, lat=lat),
        origin=entry.record.origin,
        raw=entry.raw,
    )


def say_status(point: ChargePoint) -> str:
    """Say what its owner last said of a charge point's working."""
    if point.status == "in service" and point.connectors_in_service == 0:
        return _("its connectors were out of service when last updated")
    match point.status:
        case "in service":
            return _("in service when last updated")
        case "out of service":
            return _("out of service when last updated")
        case "planned":
            return _("planned when last updated")
        case _other:
            return _("not known whether it works")


def say_power(point: ChargePoint) -> str:
    """Say how fast a charge point is."""
    if point.rapid is None:
        return _("power not stated")
    return _("rapid") if point.rapid else _("not rapid")


def as_fact(point: ChargePoint) -> Fact:
    """Say one charge point as a fact; old knowledge is never said to be good."""
    return Fact(
        label=point.name,
        value="" if point.max_kw is None else f"{point.max_kw:g}",
        unit="" if point.max_kw is None else "kW",
        words=f"{say_power(point)}, {say_status(point)}",
        state=State.NEUTRAL if point.working else State.WATCH,
        at=point.updated_at,
        origin=point.origin,
        dataset=charging_feed.CHARGE_POINT.name,
        record=point.id,
        point=point.point,
        url=point.url,
    )


def say_age(points: tuple[ChargePoint, ...]) -> str:
    """Say from when the knowledge is, and why it does not get newer."""
    newest = max((one.updated_at for one in points if one.updated_at), default=None)
    if newest is None:
        return _("The national registry closed in November 2024, so this list no longer changes.")
    return _(
        "The national registry closed in November 2024. The newest entry of this copy is of"
        " %(date)s, so a point may have changed or gone."
    ) % {"date": f"{newest.day} {newest.strftime('%B %Y')}"}


def get_card(now: datetime) -> Card | None:
    """Say how many charge points are known; None for a city that does not list them."""
    if charging_feed.FEED.name not in packs.current().feeds_on():
        return None
    points = list_charge_points()
    rapid = sum(point.rapid is True for point in points)
    newest = max((one.updated_at for one in points if one.updated_at), default=None)
    if points:
        lead = ngettext(
            "%(n)s charge point is listed, %(rapid)s of them rapid;"
            " the list does not say whether it is free",
            "%(n)s charge points are listed, %(rapid)s of them rapid;"
            " the list does not say which are free",
            len(points),
        ) % {"n": f"{len(points):,}", "rapid": f"{rapid:,}"}
    else:
        lead = _("No list of charge points has been read")

    def fact(label: str, count: int, words: str) -> Fact:
        return Fact(
            label=label,
            value=f"{count:,}",
            unit=ngettext("charge point", "charge points", count),
            words=words,
            at=newest,
            origin=points[0].origin,
            dataset=charging_feed.CHARGE_POINT.name,
        )

    return Card(
        id="charging",
        title=_("Charge points"),
        lead=lead,
        state=State.NEUTRAL if points else State.UNKNOWN,
        facts=(
            fact(
                _("Charge points listed"),
                len(points),
                _("from the registry that closed in November 2024"),
            ),
            fact(_("Rapid charge points"), rapid, _("50 kW or more")),
        )
        if points
        else (),
        url="/charging/",
        datasets=(charging_feed.CHARGE_POINT.name,),
        attribution=as_told(charging_feed.FEED).attribution,
    )


def list_marks(now: datetime) -> tuple[Mark, ...]:
    """Return the charge points as map points."""
    return tuple(
        Mark(
            id=f"charge-point-{point.id}",
            title=point.name,
            point=point.point,
            words=(f"{point.max_kw:g} kW, " if point.max_kw is not None else "")
            + say_status(point),
            state=State.NEUTRAL if point.working else State.WATCH,
            url=point.url,
            origin=point.origin,
        )
        for point in list_charge_points()
    )


def list_facts(now: datetime) -> tuple[Fact, ...]:
    """Return the charge points people may use as facts."""
    return tuple(as_fact(one) for one in list_charge_points() if one.access != "restricted")


def list_findable() -> Iterator[tuple[Hit, str]]:
    """Name the charge points to a search, each with its street, postcode and operator."""
    for point in list_charge_points():
        address = ", ".join(filter(None, (point.street, point.postcode)))
        hit = Hit(
            title=point.name,
            url=point.url,
            summary=address or say_power(point),
            kind=_("Charge point"),
            point=point.point,
        )
        yield hit, f"{point.street} {point.postcode} {point.operator}"
