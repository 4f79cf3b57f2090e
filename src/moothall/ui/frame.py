"""What the frame of every page says: whose city this is, the menu, the languages."""

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _

from moothall.kernel import packs
from moothall.kernel.places import queries as places
from moothall.kernel.registry import house


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language people can choose."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """One entry of the menu."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of a page, in one language."""

    city: str
    council: str
    city_css: str
    theme_colour: str
    language: str
    language_code: str
    direction: str
    languages: tuple[Language, ...]
    draft_translation: bool
    menu: tuple[MenuEntry, ...]
    ward: str
    """What one part of this city is called here, and `wards` several; "" if they are wards."""
    wards: str
    postcodes: bool
    """Whether people here are asked for a postcode."""
    country: str
    messages: Any = ()


COLOURS = ("brand", "on_brand", "brand_dark", "accent", "on_accent", "link", "link_dark")


def dataset_title(name: str) -> str:
    """Return a dataset's title for people: that of the feed or the kind of record it is."""
    for feed in house.feeds():
        if feed.name == name:
            return _(feed.title)
        for kind in feed.kinds:
            if kind.name == name:
                return _(kind.title)
    return name


@lru_cache(maxsize=512)
def has_dataset(name: str) -> bool:
    """Say whether this city has a dataset: not if its pack switches on other feeds of that service.

    Of a service that the pack says nothing of, no page is met.
    """
    on = packs.current().feeds_on()
    chosen = {feed.partition(".")[0] for feed in on}
    offered = [
        feed.name for feed in house.feeds() if name in {feed.name, *(k.name for k in feed.kinds)}
    ]
    left_out = all(feed.partition(".")[0] in chosen and feed not in on for feed in offered)
    return bool(name) and not (offered and left_out)


@lru_cache(maxsize=1)
def city_css() -> str:
    """Write the city's colours as a style sheet; the pack is checked for contrast elsewhere."""
    colours = packs.current().city.get("colours", {})
    lines = "".join(
        f"--city-{name.replace('_', '-')}:{colours[name]};" for name in COLOURS if name in colours
    )
    return f":root{{{lines}--city-shape:url(/now/outline.svg);}}\n"


@lru_cache(maxsize=1)
def _city_css_url() -> str:
    return f"/city.css?v={hashlib.sha256(city_css().encode()).hexdigest()[:12]}"


@lru_cache(maxsize=16)
def _frame(language_code: str) -> Frame:
    city = packs.current().city
    names = dict(settings.LANGUAGES)
    # Of the languages translated, that of the sentences themselves and those this city speaks;
    # all of them where the pack is silent.
    stated = [language["tag"].lower() for language in city.get("languages", ())]
    wanted = [settings.LANGUAGE_CODE, *stated] if stated else list(names)
    spoken = [code for code in dict.fromkeys(wanted) if code in names]
    menu = [
        MenuEntry(title=_("City now"), url="/now/"),
        MenuEntry(title=_("Near me"), url="/near/"),
    ]
    menu += [
        MenuEntry(title=_(page.title), url=page.url)
        for service in house.services
        for page in service.pages
        if page.menu
    ]
    return Frame(
        city=city["name"],
        council=city["council"],
        city_css=_city_css_url(),
        theme_colour=city.get("colours", {}).get("brand", "#1f3a5f"),
        language="en-GB" if language_code.startswith("en") else language_code,
        language_code=language_code,
        direction="rtl" if translation.get_language_bidi() else "ltr",
        languages=tuple(Language(code=code, name=names[code]) for code in spoken),
        draft_translation=not language_code.startswith("en"),
        menu=tuple(menu),
        ward=places.ward_words()[0],
        wards=places.ward_words()[1],
        postcodes=places.takes_postcodes(),
        country=city.get("country", "GB"),
    )


def frame_of(request: HttpRequest) -> Frame:
    """Return the frame for a request: cached by language, with this person's own messages."""
    frame = _frame(translation.get_language() or settings.LANGUAGE_CODE)
    # Looking for messages opens the session, so only where a person has one.
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        return replace(frame, messages=tuple(get_messages(request)))
    return frame


def forget() -> None:
    """Forget the frames made: the menu or the city has changed."""
    _frame.cache_clear()
    city_css.cache_clear()
    has_dataset.cache_clear()
    _city_css_url.cache_clear()
