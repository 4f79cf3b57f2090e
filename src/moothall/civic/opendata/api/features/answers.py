"""What every answer carries: its form, its links, its tag; and what would mend a bad question."""

import functools
import gzip
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext as _

from moothall.civic.opendata.api.answers import root_of
from moothall.civic.opendata.queries.datasets import UnableToFindDataset
from moothall.civic.opendata.queries.tables import TableWithdrawn
from moothall.standards.ogcapi.parameters import UnableToRead, choose_form
from moothall.ui.pages import page
from moothall.ui.problems import ANYONE, problem

ROOT = "/api/features"
JSON, HTML = "application/json", "text/html"
BOTH = (("json", JSON), ("html", HTML))
SQUEEZED_FROM = 1_000
READING = ("GET", "HEAD", "OPTIONS")
AT_ONCE = 8
PATIENCE_S = 5.0
_room = BoundedSemaphore(AT_ONCE)
View = Callable[..., HttpResponse]
Link = dict[str, str]


class UnableToFind(LookupError):
    """There is no such thing in a collection."""


def answered(view: View) -> View:
    """Answer who reads; say in problem details what cannot be answered, and what would mend it."""

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if request.method == "OPTIONS":
            return _preflight()
        if request.method not in READING:
            answer = problem(405, _("Only reading is possible here."))
            answer["Allow"] = ", ".join(READING)
            return answer
        if not _room.acquire(timeout=PATIENCE_S):
            answer = problem(503, _("Many questions are being answered. Try again in a moment."))
            answer["Retry-After"] = "2"
            return opened(answer)
        try:
            return view(request, *args, **named)
        except UnableToRead as fault:
            return _refused(request, 400, str(fault), parameter=fault.parameter)
        except TableWithdrawn as fault:
            return _refused(request, 410, str(fault))
        except UnableToFindDataset as fault:
            return _refused(request, 404, str(fault), like=fault.like)
        except UnableToFind as fault:
            return _refused(request, 404, str(fault))
        finally:
            _room.release()

    return inner


def _refused(
    request: HttpRequest,
    status: int,
    words: str,
    *,
    parameter: str = "",
    like: Sequence[str] = (),
) -> HttpResponse:
    """Say what would mend a question: to a person on a page, to a program in problem details."""
    addresses = [f"{ROOT}/collections/{name}" for name in like]
    wants = request.GET.get("f") or choose_form(None, request.headers.get("Accept", ""), BOTH)
    if wants != "html":
        return problem(status, words, parameter=parameter, like=addresses)
    heading = _("That cannot be answered as asked") if status == 400 else _("We do not have that")
    return page(
        request,
        "opendata/refused.html",
        heading=heading,
        status=status,
        words=words,
        like=list(zip(addresses, like, strict=True)),
    )


def _preflight() -> HttpResponse:
    answer = HttpResponse(status=204)
    answer["Allow"] = ", ".join(READING)
    answer["Access-Control-Allow-Methods"] = ", ".join(READING)
    answer["Access-Control-Allow-Headers"] = "Accept, If-None-Match"
    answer["Access-Control-Max-Age"] = "86400"
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer


def only(request: HttpRequest, known: Iterable[str] = ()) -> None:
    """Take only parameters that are known, each once; errors: UnableToRead."""
    known = {"f", *known}
    for name, values in request.GET.lists():
        if name not in known:
            told = ", ".join(sorted(known))
            raise UnableToRead(name[:60], f"there is no such parameter here; there are {told}")
        if len(values) > 1:
            raise UnableToRead(name[:60], "ask it once")


def form_of(request: HttpRequest, forms: Sequence[tuple[str, str]]) -> str:
    """Choose the form of the answer: what `f` asks for, or Accept, or else the first.

    Errors:  UnableToRead.
    """
    found = choose_form(request.GET.get("f"), request.headers.get("Accept", ""), forms)
    # Who takes none of them is better served with the usual one than with none.
    return forms[0][0] if found is None else found


def link(href: str, rel: str, media_type: str, title: str = "") -> Link:
    """Say what stands at an address."""
    said = {"href": href, "rel": rel, "type": media_type}
    return {**said, "title": title} if title else said


def here(request: HttpRequest, **changed: str | None) -> str:
    """Write this question's own address, with some parameters changed, or left out for None."""
    asked = {name: value for name, value in request.GET.items() if name not in changed}
    asked |= {name: value for name, value in changed.items() if value is not None}
    query = urlencode(asked)
    # An id may hold any sign: within an address, and a header, it may not.
    return f"{root_of(request)}{escape_uri_path(request.path)}{'?' if query else ''}{query}"


def forms_of(request: HttpRequest, form: str, forms: Sequence[tuple[str, str]]) -> list[Link]:
    """Link an answer to itself, and to the same in other forms."""
    titles = {JSON: _("This, as JSON"), HTML: _("This, as a page"), "": _("This, as GeoJSON")}
    links = []
    for name, media_type in forms:
        rel = "self" if name == form else "alternate"
        address = here(request) if name == form else here(request, f=name)
        links.append(link(address, rel, media_type, titles.get(media_type, titles[""])))
    return sorted(links, key=lambda one: one["rel"] != "self")


def written(
    request: HttpRequest, body: Mapping[str, Any], *, media_type: str = JSON
) -> HttpResponse:
    """Answer with JSON; its links are in the header besides."""
    answer = sent(request, [orjson.dumps(body)], media_type)
    return linked(answer, body.get("links", ()))


def linked(answer: HttpResponse, links: Iterable[Link]) -> HttpResponse:
    """Say in the header how an answer leads on (RFC 8288)."""
    said = [
        f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"'
        for one in links
        if one["rel"] not in {"item", "tile"} and "{" not in one["href"]
    ]
    if said:
        answer["Link"] = ", ".join(said[:20])
    return answer


def sent(
    request: HttpRequest, parts: Sequence[bytes], media_type: str, *, apart: bytes = b""
) -> HttpResponse:
    """Answer with bytes, or with none where the asker has them already.

    Shape:   `apart` ends the body and does not count for whether it is the same.
    """
    digest = blake2b(digest_size=12)
    for part in parts:
        digest.update(part)
    body = b"".join((*parts, apart))
    squeezed = len(body) > SQUEEZED_FROM and "gzip" in request.headers.get("Accept-Encoding", "")
    etag = f'W/"{digest.hexdigest()}"'
    answer = HttpResponse(content_type=media_type)
    answer["ETag"] = etag
    answer["Cache-Control"] = "no-cache"
    same = get_conditional_response(request, etag=etag, response=answer)
    answer = answer if same is None else same
    if answer.status_code == 200:
        # Little is to be had from squeezing harder, for several times the work.
        answer.content = gzip.compress(body, 1, mtime=0) if squeezed else body
        if squeezed:
            answer["Content-Encoding"] = "gzip"
    patch_vary_headers(answer, ("Accept", "Accept-Encoding"))
    return opened(answer)


def opened(answer: HttpResponse) -> HttpResponse:
    """Let anyone's page read an answer, its links and its reference system."""
    answer["Access-Control-Allow-Origin"] = ANYONE
    answer["Access-Control-Expose-Headers"] = "Content-Crs, ETag, Link, Retry-After"
    return answer


def shown(request: HttpRequest, template: str, *, heading: str, **context: Any) -> HttpResponse:
    """Answer with a page."""
    answer = page(request, f"opendata/features/{template}", heading=heading, **context)
    patch_vary_headers(answer, ("Accept", "Accept-Language", "Cookie"))
    return opened(answer)
