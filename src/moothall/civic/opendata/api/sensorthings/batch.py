"""Does many requests in one: `$batch`, in JSON or in MIME parts."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.http import HttpRequest, HttpResponse, QueryDict

from moothall.civic.opendata.actions.sensorthings import journal
from moothall.civic.opendata.actions.sensorthings.session import writing
from moothall.civic.opendata.api.sensorthings import ingest, reading
from moothall.civic.opendata.api.sensorthings.answers import open_to_all, told
from moothall.civic.opendata.api.sensorthings.keys import holder
from moothall.civic.opendata.api.sensorthings.writing import (
    EXPECTED,
    ROOT,
    Asked,
    Done,
    do,
    failed,
    read_body,
)
from moothall.standards.sensorthings import batches
from moothall.standards.sensorthings.batches import Answer, Part
from moothall.standards.sensorthings.bodies import UnableToWrite, read_id, read_json

NAME = "$batch"
MOST_BYTES = 8 * 1024 * 1024
_NAMED = re.compile(r"\$(?P<id>[^/?()]+)(?P<rest>.*)", re.DOTALL)
_ID = re.compile(r"\((?P<id>[^()]*)\)$")


def take(request: HttpRequest) -> HttpResponse:
    """Answer each request of a batch, in order; what one made, later ones may name by `$id`."""
    by = holder(request)
    media_type = request.headers.get("Content-Type", "")
    mime = media_type.lower().startswith("multipart/mixed")
    body = read_body(request, MOST_BYTES)
    parts = batches.read_mime(body, media_type) if mime else batches.read_json(body)
    answers = list(_Batch(request, by).answers(parts))
    if mime:
        boundary = f"batch_{request.now:%H%M%S%f}"  # type: ignore[attr-defined]
        answer = HttpResponse(batches.write_mime(answers, boundary))
        answer["Content-Type"] = f"multipart/mixed; boundary={boundary}"
    else:
        answer = HttpResponse(batches.write_json(answers), content_type="application/json")
    answer["Cache-Control"] = "no-store"
    return open_to_all(answer)


class _Batch:
    """One batch on its way."""

    def __init__(self, request: HttpRequest, by: str) -> None:
        self.request, self.by = request, by
        self.root = request.build_absolute_uri(ROOT)
        self.made: dict[str, str] = {}
        """By the id of a request, the address of what it made."""

    def answers(self, parts: tuple[Part, ...]) -> Iterator[Answer]:
        numbered = list(enumerate(parts))
        for (group, _), listed in groupby(numbered, lambda n: (n[1].group, n[1].group or n[0])):
            some = [part for _, part in listed]
            if group:
                yield from self._together(some)
            elif some[0].method == "GET":
                yield self._read(some[0])
            else:
                yield from self._together(some)

    def _together(self, parts: list[Part]) -> list[Answer]:
        """Do some requests all or none."""
        done: list[tuple[Part, Done]] = []
        now = self.request.now  # type: ignore[attr-defined]
        part = parts[0]
        try:
            with writing(by=self.by, now=now) as session:
                for part in parts:
                    asked = self._asked(part)
                    take_in = part.method == "POST" and asked.path.strip("/") == ingest.NAME
                    one = ingest.do(session, asked) if take_in else do(session, asked)
                    done.append((part, one))
                    self._remember(part, one)
                    # What a later request of the group asks for must be there.
                    session.settle_so_far()
        except EXPECTED as fault:
            said = failed(fault)
            undone = Done(status=424, body=told(424, "Another request of its group failed."))
            return [self._said(one, said if one is part else undone) for one in parts]
        journal.note_observations(by=self.by, count=session.made, now=now)
        journal.note_change(by=self.by, did="batch", what=f"{len(parts)} requests", now=now)
        return [self._said(one, what) for one, what in done]

    def _asked(self, part: Part) -> Asked:
        return Asked(
            method=part.method,
            path=self._path(part.url)[0],
            body=self._body(part.body),
            root=self.root,
            by=self.by,
            now=self.request.now,  # type: ignore[attr-defined]
            json_patch="json-patch" in part.media_type,
        )

    def _path(self, url: str) -> tuple[str, str]:
        """Return the path under the service's root, and the options."""
        named = _NAMED.fullmatch(url)
        if named is not None:
            if named["id"] not in self.made:
                raise UnableToWrite(("url", f"no request before this made ${named['id'][:60]}"))
            url = self.made[named["id"]] + named["rest"]
        try:
            split = urlsplit(url)
        except ValueError as fault:
            raise UnableToWrite(("url", "is no address")) from fault
        path = split.path.removeprefix(urlsplit(self.root).path)
        return path.removeprefix(ROOT).lstrip("/").removeprefix("v1.1/"), split.query

    def _body(self, body: bytes) -> bytes:
        """Put the ids of what was made where a body names it."""
        if b'"$' not in body:
            return body
        return orjson.dumps(self._filled(read_json(body)))

    def _filled(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        if not isinstance(value, dict):
            return value
        filled = {name: self._filled(one) for name, one in value.items()}
        named = filled.get("@iot.id")
        if isinstance(named, str) and named.startswith("$") and named[1:] in self.made:
            found = _ID.search(self.made[named[1:]])
            filled["@iot.id"] = read_id(found["id"].strip("'")) if found else named
        return filled

    def _remember(self, part: Part, done: Done) -> None:
        if part.id and done.location:
            self.made[part.id] = done.location

    def _said(self, part: Part, done: Done) -> Answer:
        body = b"" if done.body is None else orjson.dumps(done.body)
        location = done.location if done.status < 300 else ""
        return Answer(part=part, status=done.status, body=body, location=location)

    def _read(self, part: Part) -> Answer:
        """Answer a request to read, as if it had come by itself."""
        try:
            path, options = self._path(part.url)
        except UnableToWrite as fault:
            return self._said(part, failed(fault))
        asked = HttpRequest()
        asked.method, asked.META = "GET", dict(self.request.META)
        for name in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"):
            asked.META.pop(name, None)
        asked.GET = QueryDict(options)
        asked.now = self.request.now  # type: ignore[attr-defined]
        answer = reading.read(asked, path)
        return Answer(part=part, status=answer.status_code, body=answer.content)
