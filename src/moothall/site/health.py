"""/healthz, /readyz and /metrics: what a load balancer, a pager and a graph ask."""

import hmac
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address

import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from moothall.kernel.feeds import health as feeds
from moothall.kernel.feeds import trouble
from moothall.kernel.observations import lake, schema
from moothall.site import metrics, pulse

log = structlog.get_logger(__name__)
LEAST_FREE_BYTES = 512 * 1024 * 1024
START_UP = timedelta(minutes=5)


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; nothing else is asked."""
    return HttpResponse("alive\n", content_type="text/plain")


def check_database(now: datetime) -> str:
    """Say what is wrong with the people's database, or nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def check_lake(now: datetime) -> str:
    """Say what is wrong with the lake's database, or nothing."""
    lake.current().last_change()
    return ""


def check_disk(now: datetime) -> str:
    """Say so when the disk under the stores is nearly full."""
    told = trouble.told(now)
    if told is not None and told.kind == "full":
        return f"full: {told.detail}"
    free = shutil.disk_usage(settings.STORES).free
    return "" if free >= LEAST_FREE_BYTES else f"{free // 1024 // 1024} MB free"


def check_worker(now: datetime) -> str:
    """Say so when the worker has not been heard."""
    beat = pulse.last_beat()
    if beat is None:
        return "never started"
    return "" if now - beat <= pulse.LATE else f"silent since {beat:%Y-%m-%d %H:%M} UTC"


CHECKS: dict[str, Callable[[datetime], str]] = {
    "database": check_database,
    "lake": check_lake,
    "disk": check_disk,
    "worker": check_worker,
}
PAGES_NEED = frozenset({"database", "lake", "disk"})
"""Without a worker pages still answer, and say how old their facts are."""


def find_faults(now: datetime) -> dict[str, str]:
    """Return what is wrong, by check; errors: none, for a check that fails is a fault."""
    faults = {}
    for name, check in CHECKS.items():
        try:
            words = check(now)
        except Exception as fault:  # whatever broke, we are not ready
            log.warning("not_ready", check=name, fault=repr(fault))
            words = type(fault).__name__
        if words:
            faults[name] = words
    return faults


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether this process can serve pages: 200, or 503 and what is wrong."""
    faults = find_faults(request.now)  # type: ignore[attr-defined]
    ready = not (faults.keys() & PAGES_NEED)
    found = {name: faults.get(name, "ok") for name in CHECKS}
    return JsonResponse({"ready": ready, **found}, status=200 if ready else 503)


class CityNow:
    """Gauges read when they are asked for: the feeds, the lake, the worker."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        """Yield every gauge that can be read; one that cannot is left out, and noted."""
        for gauges in (self._worker, self._feeds, self._lake):
            try:
                yield from gauges()
            except Exception as fault:  # the other gauges are still worth having
                log.warning("metrics.unread", gauges=gauges.__name__, fault=repr(fault))

    def _worker(self) -> Iterator[Metric]:
        beat = pulse.last_beat()
        if beat is not None:
            yield GaugeMetricFamily(
                "moothall_worker_beat_seconds",
                "When the worker last said that it lives, in seconds since 1970.",
                value=beat.timestamp(),
            )
        yield GaugeMetricFamily(
            "moothall_disk_free_bytes",
            "Free space under the stores.",
            value=shutil.disk_usage(settings.STORES).free,
        )

    def _feeds(self) -> Iterator[Metric]:
        lag = GaugeMetricFamily(
            "moothall_feed_lag_seconds",
            "How long ago a source last gave us anything real.",
            labels=("feed",),
        )
        failing = GaugeMetricFamily(
            "moothall_feed_failures", "Runs of a feed that failed in a row.", labels=("feed",)
        )
        state = GaugeMetricFamily(
            "moothall_feed_state", "1 for the state a feed is in.", labels=("feed", "state")
        )
        for found in feeds.list_feeds(self.now):
            if found.lag is not None:
                lag.add_metric([found.name], found.lag.total_seconds())
            failing.add_metric([found.name], found.failures)
            state.add_metric([found.name, found.state.value], 1)
        yield from (lag, failing, state)

    def _lake(self) -> Iterator[Metric]:
        with lake.current().database.reading() as cursor:
            rows, segments = cursor.execute(
                f"SELECT coalesce(sum(rows), 0), count(*) FROM segment WHERE {schema.UNSEALED}"
            ).fetchone() or (0, 0)
            series = (cursor.execute("SELECT count(*) FROM series").fetchone() or (0,))[0]
            written = (cursor.execute("SELECT sum(rows) FROM segment").fetchone() or (0,))[0]
        for name, words, value in (
            ("moothall_lake_unsealed_segments", "Segments not sealed yet.", segments),
            ("moothall_lake_unsealed_rows", "Rows in segments not sealed yet.", rows),
            ("moothall_lake_rows", "Rows ever taken in.", written or 0),
            ("moothall_lake_series", "Series known.", series),
        ):
            yield GaugeMetricFamily(name, words, value=value)


def is_inside(client: str) -> bool:
    """Say whether an address is on a private network, or a local socket."""
    try:
        return ip_address(client).is_private
    except ValueError:
        return client in {"", "unix"}


@never_cache
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Answer in OpenMetrics to who bears the metrics token; without one, to our own network."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
        return HttpResponse("a token is needed\n", status=401, content_type="text/plain")
    if not token and not is_inside(request.client):  # type: ignore[attr-defined]
        return HttpResponse("not from here\n", status=403, content_type="text/plain")
    found = metrics.registry()
    gauges = CityNow(request.now)  # type: ignore[attr-defined]
    answer = generate_latest(found).removesuffix(b"# EOF\n") + generate_latest(gauges)  # type: ignore[arg-type]
    return HttpResponse(answer, content_type=CONTENT_TYPE_LATEST)
