"""Carbon Intensity API: the carbon and the fuels of a region's electricity, by half hour.

Source:   https://carbon-intensity.github.io/api-definitions/
Cadence:  half-hourly; the forecast for the next day is revised as it comes nearer.
Params:   energy.toml: [[region]] id, name, source; `now`: the run's instant
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import cos, pi, sin
from typing import Any

from moothall.kernel.registry import Feed, Params
from moothall.standards.jsontext import read_json
from moothall.topics.energy import rules
from moothall.values.issues import Issues
from moothall.values.numbers import read_number
from moothall.values.observations import Batch, Observation, Origin, Quality, Series
from moothall.values.requests import Payload, Request
from moothall.values.times import parse_instant

REGIONAL = "https://api.carbonintensity.org.uk/regional"


def requests(params: Params) -> Iterator[Request]:
    """Ask for each region's present half hour and the 24 hours after it."""
    now: datetime | None = params.get("now")
    for region in params.get("region", ()):
        if now is None:
            yield Request(url=f"{REGIONAL}/regionid/{region['id']}")
        else:
            begun = f"{now:%Y-%m-%dT%H:%MZ}"
            yield Request(url=f"{REGIONAL}/intensity/{begun}/fw24h/regionid/{region['id']}")


def parse(payload: Payload, params: Params) -> Batch:
    """Read the half hours of this city's regions.

    Shape:   {"data": region | [region] | [{"from", "to", "regions": [region]}]}, a region being
             {"regionid", "data": [half hour]} or itself a half hour; a half hour is {"from", "to",
             "intensity": {"forecast", "index"}, "generationmix": [{"fuel", "perc"}]}.
    Units:   gCO2/kWh; percent. What has not begun when it was fetched is a forecast, in a series
             of its own, so that the newest value of the other is of the present.
    Errors:  ValueError if the whole is not that shape; a bad half hour becomes an Issue.
    """
    whole = read_json(payload.body)
    data = whole.get("data") if isinstance(whole, dict) else None
    if not isinstance(data, dict | list):
        raise ValueError("no data: not an answer of the Carbon Intensity API")
    wanted = {int(region["id"]): _describe_grid(region) for region in params.get("region", ())}
    observations: list[Observation] = []
    series: dict[str, Series] = {}
    issues = Issues()
    for where, number, half_hour in _list_half_hours(data):
        try:
            grid = wanted.get(int(number))
            if grid is not None:
                read = _read_half_hour(half_hour, grid, payload.fetched_at)
                observations.extend(observation for observation, _ in read)
                series.update((described.key, described) for _, described in read)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as fault:
            issues.note(where, fault, half_hour)
    return Batch(
        observations=tuple(observations), series=tuple(series.values()), issues=tuple(issues)
    )


def _list_half_hours(data: Any) -> Iterator[tuple[str, Any, Any]]:
    """Walk the answer's shapes; yield where each half hour is, its region, and itself."""
    for place, item in enumerate(data if isinstance(data, list) else [data]):
        where = f"data[{place}]"
        if not isinstance(item, dict):
            yield where, None, item
        elif isinstance(item.get("regions"), list):
            for number, region in enumerate(item["regions"]):
                if isinstance(region, dict):
                    times = {"from": item.get("from"), "to": item.get("to")}
                    yield f"{where}.regions[{number}]", region.get("regionid"), times | region
                else:
                    yield f"{where}.regions[{number}]", None, region
        elif isinstance(item.get("data"), list):
            for number, half_hour in enumerate(item["data"]):
                yield f"{where}.data[{number}]", item.get("regionid"), half_hour
        else:
            yield where, item.get("regionid"), item


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """One region's series, described once."""

    begun: Series
    ahead: Series
    index: Series
    fuels: Mapping[str, Series]


def _describe_grid(region: Mapping[str, Any]) -> _Grid:
    return _Grid(
        begun=_describe_intensity(region, ahead=False),
        ahead=_describe_intensity(region, ahead=True),
        index=_describe_index(region),
        fuels={fuel: _describe_fuel(region, fuel) for fuel in rules.FUELS},
    )


def _read_half_hour(
    item: Mapping[str, Any], grid: _Grid, fetched_at: datetime
) -> list[tuple[Observation, Series]]:
    """Read one half hour whole; errors: KeyError, TypeError or ValueError, and nothing of it."""
    at, until = parse_instant(item["from"]), parse_instant(item["to"])
    intensity = item["intensity"]
    actual = intensity.get("actual")
    value = read_number(
        intensity["forecast"] if actual is None else actual,
        least=0,
        most=rules.MOST_G_KWH,
        unit="gCO2/kWh",
    )
    quality = Quality.ESTIMATED if actual is None else Quality.UNCHECKED
    if at > fetched_at:
        return [(_observe(grid.ahead, at, until, value, quality), grid.ahead)]
    found = [(_observe(grid.begun, at, until, value, quality), grid.begun)]
    index = intensity.get("index")
    if isinstance(index, str) and index:
        found.append((_observe(grid.index, at, until, index, Quality.UNCHECKED), grid.index))
    for part in item.get("generationmix") or ():
        series = grid.fuels.get(part["fuel"])
        if series is not None:
            share = _observe(
                series,
                at,
                until,
                read_number(part["perc"], least=0, most=rules.MOST_PERCENT, unit="%"),
                Quality.ESTIMATED,
            )
            found.append((share, series))
    return found


def _observe(
    series: Series, at: datetime, until: datetime, result: float | str, quality: Quality
) -> Observation:
    return Observation(series=series.key, at=at, until=until, result=result, quality=quality)


def _describe(region: Mapping[str, Any], key: str, title: str, unit: str, what: str) -> Series:
    name = region["name"]
    return Series(
        key=key,
        title=f"{title}: {name}",
        unit=unit,
        observed_property=what,
        thing=f"Electricity in {name}",
        thing_id=f"region_{region['id']}",
        procedure="estimate for the half hour, from regional generation, imports and demand",
        source_url=region["source"],
    )


def _describe_intensity(region: Mapping[str, Any], *, ahead: bool) -> Series:
    key = rules.intensity_series(int(region["id"]), ahead=ahead)
    title = "Carbon intensity, forecast" if ahead else "Carbon intensity"
    return _describe(region, key, title, "g/(kW.h)", "carbon intensity of electricity")


def _describe_index(region: Mapping[str, Any]) -> Series:
    key = rules.index_series(int(region["id"]))
    return _describe(region, key, "Carbon intensity, in words", "", "carbon intensity index")


def _describe_fuel(region: Mapping[str, Any], fuel: str) -> Series:
    key = rules.fuel_series(int(region["id"]), fuel)
    return _describe(region, key, f"Share of {fuel}", "%", f"share of electricity from {fuel}")


def simulate(params: Params, now: datetime) -> Batch:
    """Stand in for the source: dirtiest at supper, cleanest at night and in a sunny noon.

    Every value follows from its own half hour, so the same one simulated twice is the same.
    """
    begun = datetime.fromtimestamp(now.timestamp() // 1800 * 1800, UTC)
    observations: list[Observation] = []
    series: dict[str, Series] = {}
    for region in params.get("region", ()):
        grid = _describe_grid(region)
        for step in range(-48, 49):
            at = begun + rules.HALF_HOUR * step
            item = _imagine(at, int(region["id"]))
            for observation, described in _read_half_hour(item, grid, now):
                series[described.key] = described
                observations.append(
                    Observation(
                        series=observation.series,
                        at=observation.at,
                        until=observation.until,
                        result=observation.result,
                        quality=observation.quality,
                        origin=Origin.SIMULATED,
                    )
                )
    return Batch(observations=tuple(observations), series=tuple(series.values()), as_of=now)


def _imagine(at: datetime, region: int) -> dict[str, Any]:
    hour = at.hour + at.minute / 60
    wind = 24 + 12 * sin(region + at.timestamp() / 70_000)
    solar = max(0.0, 16 * sin((hour - 7) * pi / 11)) if 7 < hour < 18 else 0.0
    gas = 34 - solar * 0.5 - (wind - 24) * 0.6 + 9 * cos((hour - 18.5) * pi / 12)
    shares = {"wind": wind, "solar": solar, "nuclear": 14.0, "biomass": 7.0, "hydro": 1.0}
    shares |= {"gas": gas, "imports": max(0.0, 100 - sum(shares.values()) - gas)}
    whole = sum(shares.values())
    forecast = round(gas / whole * 394 + 7 / whole * 120)
    names = ((50, "very low"), (120, "low"), (190, "moderate"), (270, "high"))
    return {
        "from": at.isoformat(),
        "to": (at + timedelta(minutes=30)).isoformat(),
        "intensity": {
            "forecast": forecast,
            "index": next((name for edge, name in names if forecast < edge), "very high"),
        },
        "generationmix": [
            {"fuel": fuel, "perc": round(share / whole * 100, 1)} for fuel, share in shares.items()
        ],
    }


FEED = Feed(
    name="energy.carbon_intensity",
    title="Carbon in the region's electricity",
    summary="Carbon intensity and fuels of the region's electricity, now and for the next day.",
    publisher="National Energy System Operator",
    documentation="https://carbon-intensity.github.io/api-definitions/",
    licence="CC-BY-4.0",
    attribution=(
        "Carbon Intensity API, National Energy System Operator with the University of Oxford, "
        "Environmental Defense Fund Europe and WWF; CC BY 4.0"
    ),
    every=timedelta(minutes=30),
    stale_after=timedelta(hours=2),
    parse=parse,
    requests=requests,
    simulate=simulate,
)
