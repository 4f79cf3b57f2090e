"""Count that a dataset was fetched: one more on this day in this form, and nothing of who."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import DatabaseError, transaction
from django.db.models import F

from moothall.civic.opendata.models import Fetched
from moothall.kernel import packs


def count_use(*, dataset: str, form: str, now: datetime) -> None:
    """Count one download.

    Leaves:  a database that cannot take it: the file matters, the count does not.
    """
    day = now.astimezone(ZoneInfo(str(packs.current().zone))).date()
    same = {"dataset": dataset, "form": form, "day": day}
    try:
        with transaction.atomic():
            if not Fetched.objects.filter(**same).update(count=F("count") + 1):
                Fetched.objects.bulk_create([Fetched(**same, count=0)], ignore_conflicts=True)
                Fetched.objects.filter(**same).update(count=F("count") + 1)
    except DatabaseError:
        return
