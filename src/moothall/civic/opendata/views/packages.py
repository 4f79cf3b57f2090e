"""Datasets with their descriptions in one piece: a data package, and the whole city in one file."""

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from io import RawIOBase
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from moothall.civic.opendata.queries import datasets
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.revisions import find_revisions
from moothall.civic.opendata.queries.sources import list_columns
from moothall.civic.opendata.rules import UnableToAnswer, Window
from moothall.civic.opendata.views import downloads, kept, tables, written
from moothall.civic.opendata.views.answers import answered, heavy
from moothall.civic.opendata.views.kept import Made
from moothall.standards import datapackage
from moothall.standards.datapackage import Resource
from moothall.ui.problems import ANYONE

BUNDLED = ("csv", "parquet")
_EPOCH = (1980, 1, 1, 0, 0, 0)


@answered(machine=True)
def package(request: HttpRequest, name: str) -> HttpResponse:
    """Describe a dataset and each of its files as a Frictionless Data Package."""
    now = request.now  # type: ignore[attr-defined]
    found = tables.at_version(request, datasets.get_dataset(name, now))
    asked = f"?version={found.version}" if found.version else ""
    body = datapackage.describe(
        name=found.name,
        title=found.title,
        description=found.summary,
        homepage=request.build_absolute_uri(found.url),
        made_at=found.modified_at or found.last_at or now,
        licences=found.licences,
        sources=[(words, "") for words in found.publisher_names],
        keywords=found.keywords,
        resources=[
            _resource(found, form, request.build_absolute_uri(f"/data/{name}.{form}{asked}"))
            for form in found.formats
        ],
    )
    answer = HttpResponse(body, content_type="application/vnd.datapackage+json")
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer


def _resource(dataset: Dataset, form: str, path: str, size: int | None = None) -> Resource:
    return Resource(
        name=f"{dataset.name}-{form}",
        path=path,
        title=dataset.title,
        description=dataset.summary,
        form=form,
        media_type=written.FORMS[form].media_type.partition(";")[0],
        columns=list_columns(dataset),
        size=size,
    )


@answered(machine=True)
@heavy
def bundle(request: HttpRequest) -> HttpResponseBase:
    """Give every dataset that is held here in one ZIP file, with what describes them."""
    now = request.now  # type: ignore[attr-defined]
    unknown = sorted(set(request.GET) - {"form", *downloads.ASKED})
    form = request.GET.get("form", BUNDLED[0])
    if unknown or form not in BUNDLED:
        words = f"ask with form={' or '.join(BUNDLED)}, from and until only"
        raise UnableToAnswer(unknown[0][:40] if unknown else "form", words)
    window = downloads.read_span(request)
    held = [one for one in datasets.list_datasets(now) if form in one.formats]
    home = request.build_absolute_uri("/data/")
    # What describes them is within: in the asker's language, with the address they came by.
    state = " ".join((form, home, get_language() or "", *find_revisions(held, window)))
    answer = kept.give(
        request,
        Made(
            mark=hashlib.sha256(state.encode()).hexdigest()[:32],
            form="zip",
            media_type="application/zip",
            make=partial(_bundle, held, window, form, home, now),
        ),
    )
    file = f"{datasets.city_name().lower().replace(' ', '-')}-{form}.zip"
    answer["Content-Disposition"] = f'attachment; filename="{file}"'
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer


class _Sink(RawIOBase):
    """Takes what is written until somebody takes it on; it can only go forward."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        """Say that it takes what is written."""
        return True

    def write(self, piece: Any) -> int:
        """Take a piece."""
        self.pieces.append(bytes(piece))
        return len(piece)

    def drain(self) -> bytes:
        """Hand on what there is."""
        said, self.pieces = b"".join(self.pieces), []
        return said


def _bundle(
    held: Sequence[Dataset], window: Window, form: str, home: str, now: datetime
) -> Iterator[bytes]:
    sink = _Sink()
    sizes: dict[str, int] = {}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in held:
            sizes[one.name] = 0
            with archive.open(_member(f"data/{one.name}.{form}"), "w", force_zip64=True) as member:
                for piece in downloads.write(one, window, form):
                    member.write(piece)
                    sizes[one.name] += len(piece)
                    yield sink.drain()
        archive.writestr(_member("datapackage.json"), _describe(held, sizes, form, home, now))
        archive.writestr(_member("README.txt"), _read_me(held, form, home, now))
    yield sink.drain()


def _member(name: str) -> zipfile.ZipInfo:
    """Name a file in the archive; no clock in it, so that the same rows make the same file."""
    member = zipfile.ZipInfo(name, _EPOCH)
    stored = name.endswith(".parquet")
    member.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    return member


def _describe(
    held: Sequence[Dataset], sizes: dict[str, int], form: str, home: str, now: datetime
) -> bytes:
    return datapackage.describe(
        name=f"{datasets.city_name()}-{form}",
        title=_("Open data of %(city)s") % {"city": datasets.city_name()},
        description=_("Every open dataset that the city holds, as it was when this was made."),
        homepage=home,
        made_at=now,
        licences=sorted({licence for one in held for licence in one.licences}),
        sources=[(words, "") for words in sorted({n for one in held for n in one.publisher_names})],
        keywords=(),
        resources=[
            _resource(one, form, f"data/{one.name}.{form}", sizes[one.name]) for one in held
        ],
    )


def _read_me(held: Sequence[Dataset], form: str, home: str, now: datetime) -> str:
    lines = [
        _("Open data of %(city)s") % {"city": datasets.city_name()},
        _("Made on %(day)s from %(address)s")
        % {"day": f"{now:%Y-%m-%d %H:%M} UTC", "address": home},
        _("datapackage.json describes each file and its columns."),
        "",
    ]
    for one in held:
        lines += [
            f"data/{one.name}.{form}",
            f"  {one.title}: {one.summary}",
            f"  {one.publishers}. {', '.join(one.licences)}. {one.attribution}",
            f"  {home}{one.name}/",
            "",
        ]
    return "\n".join(lines)
