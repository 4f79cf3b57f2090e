"""What is read when somebody asks for metrics: the feeds, the lake, the mail, the worker."""

import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models import Count, Min
from prometheus_client.core import GaugeMetricFamily, Metric

from moothall.kernel.feeds import health as feeds
from moothall.kernel.observations import lake, schema
from moothall.kernel.outbox.models import Message
from moothall.site import pulse
from moothall.site.backup_folder import newest_backup
from moothall.values.observations import Origin

log = structlog.get_logger(__name__)


class CityNow:
    """Gauges read when they are asked for."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        """Yield every gauge that can be read; one that cannot is left out, and noted."""
        for gauges in (self._machine, self._feeds, self._lake, self._mail):
            try:
                yield from tuple(gauges())
            except Exception as fault:  # the other gauges are still worth having
                log.warning("metrics.unread", gauges=gauges.__name__, fault=repr(fault))

    def _machine(self) -> Iterator[Metric]:
        beat = pulse.last_beat()
        if beat is not None:
            yield GaugeMetricFamily(
                "moothall_worker_beat_seconds",
                "When the worker last said that it lives, in seconds since 1970.",
                value=beat.timestamp(),
            )
        city = Path(settings.STORES).name
        made = newest_backup(Path(settings.BACKUPS), city) if settings.BACKUPS else None
        if made is not None:
            yield GaugeMetricFamily(
                "moothall_backup_seconds",
                "When the last finished backup was made, in seconds since 1970.",
                value=made.timestamp(),
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
            # What is simulated is never sealed: it waits for nothing.
            rows, segments, oldest = cursor.execute(
                "SELECT coalesce(sum(rows), 0), count(*), min(received_at) FROM segment"
                f" WHERE {schema.UNSEALED} AND origin <> ?",
                (int(Origin.SIMULATED),),
            ).fetchone() or (0, 0, None)
            series = (cursor.execute("SELECT count(*) FROM series").fetchone() or (0,))[0]
            written = (cursor.execute("SELECT sum(rows) FROM segment").fetchone() or (0,))[0]
        waited = max(0.0, self.now.timestamp() - oldest / 1e6) if oldest else 0.0
        yield from _gauges(
            ("lake_unsealed_segments", "Segments not sealed yet.", segments),
            ("lake_unsealed_rows", "Rows in segments not sealed yet.", rows),
            ("lake_oldest_unsealed_seconds", "How long the oldest of them has waited.", waited),
            ("lake_rows", "Rows ever taken in.", written or 0),
            ("lake_series", "Series known.", series),
        )

    def _mail(self) -> Iterator[Metric]:
        waiting = Message.objects.filter(sent_at=None, failed_at=None, due_at__lte=self.now)
        found = waiting.aggregate(count=Count("id"), oldest=Min("created_at"))
        failed = Message.objects.exclude(failed_at=None).count()
        waited = (self.now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
        yield from _gauges(
            (
                "outbox_waiting",
                "Messages whose time has come and that are not sent.",
                found["count"],
            ),
            ("outbox_oldest_seconds", "How long the oldest of them has waited.", waited),
            ("outbox_failed", "Messages given up.", failed),
        )


def _gauges(*given: tuple[str, str, float]) -> Iterable[Metric]:
    return (GaugeMetricFamily(f"moothall_{name}", words, value=v) for name, words, v in given)
