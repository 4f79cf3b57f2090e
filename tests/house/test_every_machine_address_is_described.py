"""Every address that programs ask is in the one document, or said why it is not."""

import re

from django.urls import URLPattern, get_resolver

from moothall.civic.opendata.api.features import openapi as features
from moothall.civic.opendata.api.features.answers import ROOT
from moothall.civic.opendata.api.operations import list_operations
from moothall.civic.opendata.queries.examples import Examples

MACHINE = re.compile(
    r"^/api/|\.(?:json|csv|ttl|jsonld|rdf|xlsx|parquet|geojson|zip|bib|xml|txt|svg|css)$"
)
FOR_FEW = ("/desk/", "/account/", "/admin/", "/static/")
NOT_DESCRIBED = {
    "/api/": "the page of the document",
    "/api/openapi.json": "the document",
    "/api/operations/{}/": "the pages of the document",
    "/api/sta/v1.1": "the same with a slash",
    "/api/sta/v1.1/{}": "whatever else the standard's addresses say: its sets are described",
    "/api/features": "the same with a slash",
    "/api/features/api": "the service's own description",
    "/api/3/action/{}": "each action is described by its name",
    "/data/{}/chart.svg": "a picture",
    "/data/{}/map.svg": "a picture",
    "/now/outline.svg": "a picture",
    "/city.css": "the colours of pages",
    "/sitemap.xml": "for crawlers, as their own standard has it",
    "/robots.txt": "for crawlers, as their own standard has it",
}
CHOICE = re.compile(r"\(\?P<form>([\w|]+)\)")
GROUP = re.compile(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)|<(?:\w+:)?\w+>")


def addresses():
    """Every address of the house for all, one for each form; parts that vary as {}."""

    def walk(patterns, root):
        for one in patterns:
            here = root + str(one.pattern).lstrip("^")
            if isinstance(one, URLPattern):
                plain = here.replace("(?:3/)?", "3/").replace("/?$", "").replace("\\.", ".")
                for form in (CHOICE.search(plain) or ["", ""])[1].split("|"):
                    yield "/" + GROUP.sub("{}", CHOICE.sub(form, plain)).rstrip("$")
            else:
                yield from walk(one.url_patterns, here)

    return {one for one in walk(get_resolver().url_patterns, "") if not one.startswith(FOR_FEW)}


def test_every_address_for_machines_is_described_or_said_not_to_be():
    paths = [one.path for one in list_operations(Examples())]
    paths += [f"{ROOT}{path}" for path in features.paths()]
    told = {re.sub(r"\{\w+\}", "{}", path) for path in paths}
    machine = {one for one in addresses() if MACHINE.search(one)}
    assert len(machine) > 40
    assert sorted(machine - told - set(NOT_DESCRIBED)) == []
    assert sorted(set(NOT_DESCRIBED) - machine) == []
