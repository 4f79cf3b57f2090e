"""CKAN's Action API, as far as its readers use it: harvesters and ckanapi. Nothing is written."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from moothall.civic.opendata.api import datastore
from moothall.civic.opendata.api.answers import root_of
from moothall.civic.opendata.queries import datasets, describing, finding
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.finding import Question, Shelf
from moothall.standards import ckan
from moothall.standards.ckan import Thing
from moothall.standards.dcat.words import FORMS, THEMES
from moothall.ui.problems import ANYONE

LONGEST_BODY = 64 * 1024
MOST_ROWS = 1000
HELP = "https://docs.ckan.org/en/2.11/api/#ckan.logic.action.get."


class _Invalid(ValueError):
    """A parameter that cannot be read; `field` names it."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(what)
        self.field = field


class _NotFound(LookupError):
    """There is no such thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One question: its parameters, and all datasets as they are laid out."""

    given: Mapping[str, Any]
    shelf: Shelf
    root: str
    now: datetime

    def text(self, name: str) -> str:
        """Read a text; "" if there is none."""
        said = self.given.get(name, "")
        if said is None or isinstance(said, dict | list):
            return ""
        return str(said)[:1000]

    def number(self, name: str, usual: int, most: int) -> int:
        """Read a whole number, no more than `most`; errors: _Invalid."""
        text = self.text(name).strip()
        if not text:
            return usual
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise _Invalid(name, "Invalid integer")
        return min(int(text), most)

    def flag(self, name: str) -> bool:
        """Read a yes or no."""
        return self.text(name).lower() in {"true", "1", "yes", "t"}

    def package(self, one: Dataset) -> Thing:
        """Describe a dataset as CKAN would."""
        entry = describing.describe(one, self.root)
        owner = entry.publisher.name
        return ckan.package(entry, ckan.organisation(describing.slug_of(owner), owner))


FIELDS: Mapping[str, Callable[[Dataset], Iterable[str]]] = {
    "organization": finding.FACETS["publisher"],
    "owner_org": lambda one: (
        ckan.id_of("organization", slug) for slug in finding.FACETS["publisher"](one)
    ),
    "groups": lambda one: (one.theme.lower(),) if one.theme else (),
    "tags": lambda one: (*one.keywords, datasets.city_name()),
    "res_format": lambda one: (FORMS[form].words for form in one.formats),
    "license_id": lambda one: one.licences,
    "name": lambda one: (ckan.name_of(one.name),),
    "id": lambda one: (ckan.id_of("dataset", one.name),),
    "title": lambda one: (one.title,),
    "type": lambda one: ("dataset",),
    "dataset_type": lambda one: ("dataset",),
    "state": lambda one: ("active",),
    "private": lambda one: ("false",),
    "capacity": lambda one: ("public",),
    "metadata_modified": lambda one: (
        [one.modified_at.replace(tzinfo=None).isoformat()] if one.modified_at else []
    ),
}
"""What can be filtered and counted by, and what a dataset says of it."""


# --- the actions -------------------------------------------------------------------------------
def _package_list(asked: _Asked) -> list[str]:
    names = sorted(ckan.name_of(one.name) for one in asked.shelf.datasets)
    start = asked.number("offset", 0, 10**9)
    return names[start : start + asked.number("limit", len(names), len(names))]


def _package_search(asked: _Asked) -> Thing:
    words = asked.text("q").replace("*:*", " ").replace(":", " ").strip()
    question = Question(words=words, chosen={}, order=_order(asked.text("sort")))
    try:
        conditions = ckan.read_filter(asked.text("fq"))
    except ValueError as fault:
        raise _Invalid("fq", str(fault)) from None
    found = [
        one
        for one in finding.find(asked.shelf, question).datasets
        if all(part.holds(FIELDS.get(part.field, _nothing)(one)) for part in conditions)
    ]
    start = asked.number("start", 0, 10**9)
    shown = found[start : start + asked.number("rows", 10, MOST_ROWS)]
    counts = {field: _count(field, found) for field in _read_fields(asked)}
    return {
        "count": len(found),
        "results": [asked.package(one) for one in shown],
        "sort": asked.text("sort") or "score desc, metadata_modified desc",
        "facets": counts,
        "search_facets": {
            field: {
                "title": field,
                "items": [
                    {"name": value, "display_name": value, "count": number}
                    for value, number in by_value.items()
                ],
            }
            for field, by_value in counts.items()
        },
    }


def _nothing(one: Dataset) -> Iterable[str]:
    return ()


def _order(text: str) -> str:
    first = text.partition(",")[0].strip().lower()
    if first.startswith(("title", "name")):
        return "title"
    return "newest" if first.startswith("metadata_modified") else ""


def _read_fields(asked: _Asked) -> list[str]:
    given = asked.given.get("facet.field", [])
    if isinstance(given, str):
        try:
            given = orjson.loads(given)
        except orjson.JSONDecodeError:
            raise _Invalid("facet.field", "give a list of names, as JSON") from None
    if not isinstance(given, list):
        raise _Invalid("facet.field", "give a list of names")
    return [name for name in given if isinstance(name, str) and name in FIELDS]


def _count(field: str, found: Iterable[Dataset]) -> dict[str, int]:
    return dict(Counter(value for one in found for value in FIELDS[field](one)).most_common(50))


def _package_show(asked: _Asked) -> Thing:
    return asked.package(_dataset(asked))


def _dataset(asked: _Asked) -> Dataset:
    wanted = _needed(asked, "id")
    for one in asked.shelf.datasets:
        if wanted in {one.name, ckan.name_of(one.name), ckan.id_of("dataset", one.name)}:
            return one
    raise _NotFound


def _resource_show(asked: _Asked) -> Thing:
    wanted = _needed(asked, "id")
    for one in asked.shelf.datasets:
        files = one.harvested.files if one.harvested else ()
        keys = (*one.formats, *(file.url for file in files))
        if any(wanted == ckan.id_of("resource", one.name, key) for key in keys):
            resources: list[Thing] = asked.package(one)["resources"]
            return next(way for way in resources if way["id"] == wanted)
    raise _NotFound


def _datastore_search(asked: _Asked) -> Thing:
    wanted = _needed(asked, "resource_id")
    for one in asked.shelf.datasets:
        keys = {one.name, *(ckan.id_of("resource", one.name, form) for form in one.formats)}
        if wanted in keys and not one.harvested:
            try:
                return datastore.search(one, wanted, asked.given)
            except datastore.Unreadable as fault:
                raise _Invalid(fault.field, str(fault)) from fault
    raise _NotFound


def _needed(asked: _Asked, name: str) -> str:
    wanted = asked.text(name)
    if not wanted:
        raise _Invalid(name, "Missing value")
    return wanted


def _organisations(asked: _Asked) -> list[Thing]:
    return [
        ckan.organisation(slug, finding.say("publisher", slug, asked.shelf), of.bit_count())
        for slug, of in sorted(asked.shelf.holding["publisher"].items())
    ]


def _groups(asked: _Asked) -> list[Thing]:
    themes = sorted(asked.shelf.holding["theme"].items())
    return [ckan.group(theme, of.bit_count()) for theme, of in themes if theme in THEMES]


def _tags(asked: _Asked) -> list[Thing]:
    words = {word for one in asked.shelf.datasets for word in FIELDS["tags"](one)}
    return [ckan.tag(word) for word in sorted(words)]


def _listed(list_things: Callable[[_Asked], list[Thing]]) -> Callable[[_Asked], Any]:
    def answer(asked: _Asked) -> Any:
        things = list_things(asked)
        start = asked.number("offset", 0, 10**9)
        things = things[start : start + asked.number("limit", len(things), MOST_ROWS)]
        return things if asked.flag("all_fields") else [one["name"] for one in things]

    return answer


def _shown(list_things: Callable[[_Asked], list[Thing]], field: str) -> Callable[[_Asked], Thing]:
    def answer(asked: _Asked) -> Thing:
        wanted = _needed(asked, "id")
        for thing in list_things(asked):
            if wanted in {thing["id"], thing["name"]}:
                if asked.flag("include_datasets"):
                    has = [o for o in asked.shelf.datasets if thing["name"] in FIELDS[field](o)]
                    return {**thing, "packages": [asked.package(one) for one in has]}
                return thing
        raise _NotFound

    return answer


def _status_show(asked: _Asked) -> Thing:
    return {
        "ckan_version": "2.11.0",
        "site_title": datasets.city_name(),
        "site_description": describing.council(),
        "site_url": asked.root,
        "locale_default": "en_GB",
        "error_emails_to": None,
        "extensions": [],
    }


ACTIONS: Mapping[str, Callable[[_Asked], Any]] = {
    "package_list": _package_list,
    "package_search": _package_search,
    "package_show": _package_show,
    "resource_show": _resource_show,
    "organization_list": _listed(_organisations),
    "organization_show": _shown(_organisations, "organization"),
    "group_list": _listed(_groups),
    "group_show": _shown(_groups, "groups"),
    "tag_list": _listed(_tags),
    "datastore_search": _datastore_search,
    "tag_show": _shown(_tags, "tags"),
    "status_show": _status_show,
    "site_read": lambda asked: True,
}


# --- over HTTP ---------------------------------------------------------------------------------
@csrf_exempt
def act(request: HttpRequest, action: str = "") -> HttpResponse:
    """Answer an action; asked by GET or, as CKAN's clients do, by POST with JSON."""
    root = root_of(request)
    about = f"{HELP}{action}"
    if action not in ACTIONS:
        if not action:
            return _answer(200, {"version": 3, "actions": sorted(ACTIONS)})
        return _answer(400, f"Bad request - Action name not known: {action[:80]}")
    try:
        given = _read(request)
    except ValueError as fault:
        return _answer(400, f"Bad request - {fault}")
    with translation.override("en"):
        now = request.now  # type: ignore[attr-defined]
        asked = _Asked(given=given, shelf=finding.get_shelf(now), root=root, now=now)
        try:
            result = ACTIONS[action](asked)
        except _NotFound:
            error = {"__type": "Not Found Error", "message": "Not found"}
            return _answer(404, {"help": about, "success": False, "error": error})
        except _Invalid as fault:
            wrong = {"__type": "Validation Error", fault.field: [str(fault)]}
            return _answer(409, {"help": about, "success": False, "error": wrong})
    return _answer(200, {"help": about, "success": True, "result": result})


def _read(request: HttpRequest) -> Mapping[str, Any]:
    """Read the parameters of a question; errors: ValueError."""
    if request.method in {"GET", "HEAD"}:
        return request.GET.dict()
    if request.method != "POST":
        raise ValueError("only reading is possible here")
    if len(request.body) > LONGEST_BODY:
        raise ValueError("the question is too long")
    if not request.body:
        return {}
    try:
        given = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise ValueError("JSON Error: the body is not JSON") from None
    if not isinstance(given, dict):
        raise ValueError("Request data JSON decoded to something that is not a dictionary")
    return {**request.GET.dict(), **given}


def _answer(status: int, body: Any) -> HttpResponse:
    answer = HttpResponse(
        orjson.dumps(body), status=status, content_type="application/json;charset=utf-8"
    )
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer
