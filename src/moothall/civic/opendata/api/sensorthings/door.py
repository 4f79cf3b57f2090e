"""The one door of the service: who reads, and who writes."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from moothall.civic.opendata.api.sensorthings import batch, ingest, reading, writing
from moothall.civic.opendata.api.sensorthings.answers import READING, preflight
from moothall.civic.opendata.queries.sensorthings import kept


@csrf_exempt
def enter(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer any address of the service; whoever writes shows a key, so there is no form token."""
    if request.method == "OPTIONS":
        return preflight(writing.METHODS if kept.is_on() else READING)
    if request.method in READING:
        return reading.read(request, path)
    if not kept.is_on():
        return writing.refuse_all()
    if path.strip("/") == ingest.NAME and request.method == "POST":
        return writing.answered(lambda: ingest.take(request))
    if path.strip("/") == batch.NAME and request.method == "POST":
        return writing.answered(lambda: batch.take(request))
    return writing.answered(lambda: writing.write(request, path))
