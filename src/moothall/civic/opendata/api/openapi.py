"""The whole of what can be asked by machine: one OpenAPI document, and pages made out of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

import moothall
from moothall.civic.opendata.api.answers import give, root_of, told
from moothall.civic.opendata.api.features import openapi as features
from moothall.civic.opendata.api.features.answers import ROOT
from moothall.civic.opendata.api.operations import GROUPS, list_operations
from moothall.civic.opendata.queries import datasets
from moothall.civic.opendata.queries.examples import Examples, find_examples
from moothall.standards import openapi
from moothall.ui import pages

LONGEST = 2000
"""How much of a parameter a page takes, in letters."""
SQUARE = {"tileMatrix": "0", "tileRow": "0", "tileCol": "0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One operation as the document has it."""

    id: str
    method: str
    path: str
    said: Mapping[str, Any]

    @property
    def examples(self) -> dict[str, str]:
        """What its parameters are for example, as an address has it."""
        parameters = self.said["parameters"]
        return {
            one["name"]: openapi.write(one["example"]) for one in parameters if "example" in one
        }

    @property
    def example(self) -> str | None:
        """The address of an example: with what it needs, and no more; None if there is none."""
        needed = {one["name"] for one in self.said["parameters"] if one["required"]}
        given = {name: said for name, said in self.examples.items() if name in needed}
        return openapi.address_of(self.path, self.said["parameters"], given)


def describe(eg: Examples, root: str) -> dict[str, Any]:
    """Describe all that can be asked, with what is there to be named for example."""
    with translation.override("en"):
        city = datasets.city_name()
        said = openapi.describe(
            list_operations(eg),
            title=f"{city}: open data",
            version=moothall.__version__,
            summary=f"All that {city} tells programs. Reading needs no key; writing does.",
            root=root,
            groups=GROUPS,
        )
        said["paths"] |= dict(_features(eg))
        return said


def list_described(document: Mapping[str, Any]) -> Iterator[Described]:
    """Yield the operations of a document."""
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            yield Described(id=said["operationId"], method=method, path=path, said=said)


def _features(eg: Examples) -> Iterator[tuple[str, Any]]:
    """Describe the service of places as it describes itself, with nothing left to refer to."""
    shared = features.components()["parameters"]
    known = {name: one.example for name, one in features.PARAMETERS.items()}
    known |= {"collectionId": eg.placed, "featureId": eg.feature, **SQUARE}
    known |= {"filter": "S_INTERSECTS(geometry, BBOX(-1.6,53.7,-1.4,53.9))"}
    known |= dict.fromkeys(("after", "before"), eg.feature)
    for path, methods in features.paths().items():
        asked = methods["get"]
        parameters = []
        for reference in asked["parameters"]:
            name = reference["$ref"].rpartition("/")[2]
            one = dict(shared[name])
            if example := known.get(name, ""):
                one["example"] = openapi.read(example, one["schema"])
            parameters.append(one)
        yield f"{ROOT}{path}", {"get": {**asked, "parameters": parameters}}


@told
def document(request: HttpRequest) -> HttpResponse:
    """Give the document."""
    return give(request, orjson.dumps(_described(request)), openapi.MEDIA_TYPE)


def _described(request: HttpRequest) -> dict[str, Any]:
    now: datetime = request.now  # type: ignore[attr-defined]
    return describe(find_examples(now), root_of(request))


@told
def contents(request: HttpRequest) -> HttpResponse:
    """Name everything that can be asked, under the standard that it is asked by."""
    said = describe(Examples(), root_of(request))
    groups: dict[str, list[Described]] = {name: [] for name in GROUPS}
    for one in list_described(said):
        groups[one.said["tags"][0]].append(one)
    return pages.page(
        request,
        "opendata/api/contents.html",
        heading=_("Our data, for programs"),
        groups=[(name, GROUPS[name], held) for name, held in groups.items()],
    )


@told
def operation(request: HttpRequest, id: str) -> HttpResponse:
    """Say how one thing is asked, with a form that writes its address."""
    said = _described(request)
    found = next((one for one in list_described(said) if one.id == id), None)
    if found is None:
        raise Http404(_("Nothing of that name can be asked."))
    parameters = found.said["parameters"]
    typed = {one["name"]: request.GET.get(one["name"], "")[:LONGEST] for one in parameters}
    address = openapi.address_of(found.path, parameters, typed) if request.GET else found.example
    needed = {one["name"] for one in parameters if one["required"]}
    filled = {name: words for name, words in found.examples.items() if name in needed}
    return pages.page(
        request,
        "opendata/api/operation.html",
        heading=found.said["summary"],
        one=found,
        values=typed if request.GET else filled,
        address=address,
        root=root_of(request),
        responses={
            status: answer.get(
                "description", said["components"]["responses"]["problem"]["description"]
            )
            for status, answer in found.said["responses"].items()
        },
        body=next(iter(found.said.get("requestBody", {}).get("content", {}).items()), None),
        write=lambda value: orjson.dumps(value).decode(),
    )
