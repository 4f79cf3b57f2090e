"""What the house counts about itself, for Prometheus."""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MANY_PROCESSES = "PROMETHEUS_MULTIPROC_DIR"

counted = CollectorRegistry()
requests = Counter(
    "moothall_requests",
    "Requests answered, by the route's pattern.",
    ("route", "method", "status"),
    registry=counted,
)
seconds = Histogram(
    "moothall_request_seconds",
    "Time to answer, by the route's pattern.",
    ("route",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=counted,
)


def count_request(*, route: str, method: str, status: int, took_s: float) -> None:
    """Count one request. A route is a pattern, never an address: no one's search is a label."""
    requests.labels(route, method if method in METHODS else "other", str(status)).inc()
    seconds.labels(route).observe(took_s)


def registry() -> CollectorRegistry:
    """Return the counts of this process; of all web processes if they share a folder for it."""
    if MANY_PROCESSES not in os.environ:
        return counted
    shared = CollectorRegistry()
    MultiProcessCollector(shared)
    return shared
