"""/healthz, /readyz and /metrics: what a load balancer, a pager and a graph ask."""

import hmac
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address, ip_network

import structlog
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from moothall.kernel.feeds import trouble
from moothall.kernel.observations import lake
from moothall.site import metrics, pulse
from moothall.site.gauges import CityNow

log = structlog.get_logger(__name__)
LEAST_FREE_BYTES = 512 * 1024 * 1024
START_UP = timedelta(minutes=5)

INSIDE = tuple(
    ip_network(name)
    for name in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7")
)
"""Our own networks: addresses set aside for examples, or shared by a carrier, are not ours."""


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; nothing else is asked."""
    return HttpResponse("alive\n", content_type="text/plain")


def check_database(now: datetime) -> str:
    """Say what is wrong with the people's database, or nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


@cache
def _tables_are_made() -> bool:
    # Asked until they are, and then never again: no version takes away what this one needs.
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise TablesWait
    return True


class TablesWait(Exception):
    """Migrations of this version have not been made yet."""


def check_tables(now: datetime) -> str:
    """Say so when the tables are still an older version's."""
    try:
        _tables_are_made()
    except TablesWait:
        return "migrations of this version wait to be made"
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
    "tables": check_tables,
    "lake": check_lake,
    "disk": check_disk,
    "worker": check_worker,
}
PAGES_NEED = frozenset({"database", "tables", "lake", "disk"})
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


def is_inside(client: str) -> bool:
    """Say whether an address is on a private network, or a local socket."""
    try:
        found = ip_address(client)
    except ValueError:
        return client in {"", "unix"}
    return any(found in network for network in INSIDE)


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
