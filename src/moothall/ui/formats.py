"""How values read on a page: ages, times, numbers."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from moothall.kernel import packs
from moothall.kernel.feeds.runs import Outcome
from moothall.values.facts import State
from moothall.values.observations import Severity


def age(at: datetime | None, now: datetime) -> str:
    """Say how long ago an instant was, in words: "4 minutes ago"; "" for None."""
    if at is None:
        return ""
    gone = now - at
    if gone < timedelta(seconds=-60):
        # A forecast's hour, or a fact that came before our clock was set back.
        minutes = int(-gone.total_seconds() // 60)
        if minutes < 120:
            return ngettext("dated %(n)s minute ahead", "dated %(n)s minutes ahead", minutes) % {
                "n": minutes
            }
        if minutes < 48 * 60:
            return _("dated %(n)s hours ahead") % {"n": minutes // 60}
        return _("dated %(n)s days ahead") % {"n": minutes // 1440}
    minutes = int(gone.total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(n)s hour ago", "%(n)s hours ago", hours) % {"n": hours}
    days = hours // 24
    if days < 90:
        return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}
    months = days * 12 // 365
    if months < 24:
        return ngettext("%(n)s month ago", "%(n)s months ago", months) % {"n": months}
    return ngettext("%(n)s year ago", "%(n)s years ago", days // 365) % {"n": days // 365}


def day(on: date) -> str:
    """Write a day in the reader's language: "5 January 2026"."""
    language = get_language() or "en"
    if language.startswith("en"):
        return f"{on.day} {on.strftime('%B %Y')}"
    from babel.dates import format_date  # names of months: only where they are not English

    return str(format_date(on, "d MMMM y", locale=language))


def _clock(zone: str) -> ZoneInfo:
    """Return the clock of a zone; where none is named, the city's own."""
    return ZoneInfo(zone) if zone else packs.current().zone


def clock_time(at: datetime, zone: str = "") -> str:
    """Write an instant as the city's own date and time: "5 January 2026, 9:15am"."""
    local = at.astimezone(_clock(zone))
    return f"{day(local)}, {time_of_day(local)}"


def time_of_day(local: datetime) -> str:
    """Write the time on a clock as the reader's language does: "9:15am", "09:15".

    In the hour that comes twice when the clocks go back, the zone's name tells which: "1:15am BST".
    """
    if (get_language() or "en").startswith("en"):
        time = f"{local.strftime('%I').lstrip('0')}:{local.strftime('%M%p').lower()}"
    else:
        time = local.strftime("%H:%M")
    return f"{time}{_which(local)}"


def _which(local: datetime) -> str:
    """Name the zone's time of a clock that shows the same twice, and else nothing."""
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f" {local.tzname()}" if twice else ""


def city_hour(at: datetime) -> str:
    """Write the time of an instant on the city's own clock, without its day: "9:15am"."""
    return time_of_day(at.astimezone(_clock("")))


def city_day(at: datetime) -> str:
    """Write the day an instant lies in on the city's own clock: "5 January 2026"."""
    return day(at.astimezone(_clock("")))


def sentence(text: object) -> str:
    """End a line as a sentence ends in the reader's language, unless it already does."""
    said = str(text).rstrip()
    return said if not said or said[-1] in ".?!:…۔؟" else said + _(".")


LICENCES = {
    "OGL-UK-3.0": "Open Government Licence 3.0",
    "ODbL-1.0": "Open Database Licence 1.0",
    "CC-BY-4.0": "Creative Commons Attribution 4.0",
    "CC0-1.0": "Creative Commons Zero 1.0",
}


def licence(code: str) -> str:
    """Write a licence by the name people know it by; a code nobody named stays as it is."""
    return LICENCES.get(code, code)


def no_data_since(at: datetime | None, now: datetime, zone: str = "") -> str:
    """Say from when a source has been silent: "no data since 14:05"; "no data yet" for None."""
    if at is None:
        return _("no data yet")
    clock = _clock(zone)
    local, today = at.astimezone(clock), now.astimezone(clock).date()
    time = f"{local.strftime('%H:%M')}{_which(local)}"
    if local.date() == today:
        return _("no data since %(time)s") % {"time": time}
    return _("no data since %(time)s on %(date)s") % {"time": time, "date": day(local)}


def distance(metres: float) -> str:
    """Say how far a thing is, as a person would: "350 m away", "1.2 km away"."""
    if metres < 950:
        return _("%(n)s m away") % {"n": max(10, round(metres / 10) * 10)}
    return _("%(n)s km away") % {"n": f"{metres / 1000:.1f}"}


def state_words(state: str) -> str:
    """Say a state where nothing better is said: "" for a neutral one."""
    match State(state):
        case State.GOOD:
            return _("As it should be")
        case State.WATCH:
            return _("Worth watching")
        case State.BAD:
            return _("Needs attention")
        case State.UNKNOWN:
            return _("Not known")
        case _other:
            return ""


def outcome(ended: str) -> str:
    """Say how a run of a feed ended."""
    return {
        Outcome.GOOD: _("good"),
        Outcome.UNCHANGED: _("nothing new"),
        Outcome.PARTIAL: _("partly good"),
        Outcome.FAILED: _("failed"),
    }[Outcome(ended)]


def severity(grave: str) -> str:
    """Say how grave an issue is."""
    return {
        Severity.ERROR: _("error"),
        Severity.WARNING: _("warning"),
        Severity.INFO: _("to know"),
    }[Severity(grave)]


SIGNS = {
    "1": "",
    "ug/m3": "µg/m³",
    "g/kW.h": "g/kWh",
    "m3/s": "m³/s",
    "Cel": "°C",
    "deg": "°",
}


def unit_sign(ucum: str) -> str:
    """Write a unit's code as people know it: a mere count has none, counted things their name."""
    return SIGNS.get(ucum) or ("" if ucum == "1" else ucum.strip("{}"))


FILTERS: dict[str, Callable[..., Any]] = {
    "age": age,
    "city_day": city_day,
    "city_hour": city_hour,
    "clock_time": clock_time,
    "day": day,
    "distance": distance,
    "licence": licence,
    "outcome": outcome,
    "sentence": sentence,
    "severity": severity,
    "unit_sign": unit_sign,
}
