"""What strangers' sensors say of themselves, through the SensorThings API and with a key."""

from datetime import timedelta

from moothall.kernel.registry import Arrival, Feed, Params
from moothall.standards.jsontext import read_json
from moothall.values.observations import Batch, Column, Issue, Kind, Severity
from moothall.values.requests import Payload

ADDRESS = "/api/sta/v1.1/"

ENTITY = Kind(
    name="opendata.entity",
    title="Sensors that tell us of themselves",
    summary="Things, places, sensors and streams made with a key through the SensorThings API.",
    columns=(
        Column(name="sort", meaning="Which of the standard's sets it is of: Things, Datastreams"),
        Column(name="number", type="integer", meaning="Its id in that set"),
        Column(name="name", meaning="What it is called"),
        Column(name="description", meaning="What it is"),
        Column(name="said", meaning="All its properties, as JSON"),
        Column(name="links", meaning="The ids its links lead to, by link, as JSON"),
    ),
    geometry="Geometry",
    anywhere=True,
)
DETAIL = Kind(
    name="opendata.detail",
    title="What sensors say of an observation besides its result",
    summary="Of observations made with a key: other times, quality, parameters, and what was"
    " changed or taken back since.",
    columns=(
        Column(name="series", meaning="The series of the observation"),
        Column(name="kept_at", type="datetime", meaning="The instant it is kept under"),
        Column(name="at", type="datetime", meaning="When it was, or began"),
        Column(name="until", type="datetime", meaning="When it ended, if it lasted"),
        Column(name="value", type="number", meaning="Its result, if that is a number"),
        Column(name="text", meaning="Its result, if that is a text, or JSON"),
        Column(name="result", meaning="Its result as JSON, if that is neither"),
        Column(name="made_at", type="datetime", meaning="When its result was made"),
        Column(name="valid_from", type="datetime", meaning="From when it may be used"),
        Column(name="valid_until", type="datetime", meaning="Until when it may be used"),
        Column(name="quality", meaning="What is said of its quality, as JSON"),
        Column(name="parameters", meaning="What else is said of it, as JSON"),
        Column(name="deleted", type="boolean", meaning="Whether it was taken back"),
    ),
    label="series",
    anywhere=True,
)


def parse(payload: Payload, params: Params) -> Batch:
    """Say where to send what is brought in bulk: each is told of at the standard's own address.

    Errors:  ValueError for what is not JSON.
    """
    try:
        read_json(payload.body)
    except ValueError as fault:
        raise ValueError(f"not JSON: send it with the key to {ADDRESS}") from fault
    what = f"Nothing of it was kept: send it with the key to {ADDRESS}"
    return Batch(issues=(Issue.of("payload", what, payload.body, severity=Severity.ERROR),))


FEED = Feed(
    name="opendata.sensed",
    title="Readings of sensors that tell us of themselves",
    summary="Observations that sensors of schools, firms and neighbours send us with a key.",
    publisher="Whoever holds the key",
    documentation="https://docs.ogc.org/is/18-088/18-088.html",
    licence="OGL-UK-3.0",
    attribution="Contains observations sent by the holders of this city's keys.",
    every=timedelta(days=1),
    stale_after=timedelta(days=7),
    parse=parse,
    arrives=Arrival.PUSH,
    kinds=(ENTITY, DETAIL),
    keep_raw=timedelta(0),
    max_bytes=32 * 1024 * 1024,
    anywhere=True,
)
