"""How often datasets are fetched: counted by day and form, and by nothing else.

Few are not told: what fewer than five fetched in a month could tell of one person.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from moothall.civic.opendata.models import Fetched

FEW = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How often a dataset was fetched in one form in one month."""

    dataset: str
    month: str
    form: str
    downloads: int | None
    """None for fewer than `FEW`."""


def list_uses(dataset: str = "") -> Iterator[Use]:
    """Give the use of one dataset, or of all, by month."""
    rows = Fetched.objects.filter(dataset=dataset) if dataset else Fetched.objects.all()
    months = (
        rows.annotate(month=TruncMonth("day"))
        .values_list("dataset", "month", "form")
        .annotate(downloads=Sum("count"))
        .order_by("dataset", "month", "form")
    )
    for name, month, form, downloads in months.iterator():
        yield Use(
            dataset=name,
            month=month.strftime("%Y-%m"),
            form=form,
            downloads=downloads if downloads >= FEW else None,
        )


def count_uses() -> Mapping[str, int]:
    """Sum the use that is told of, by dataset."""
    total: Counter[str] = Counter()
    for one in list_uses():
        total[one.dataset] += one.downloads or 0
    return total


def count_rows() -> int:
    """Count the rows `list_uses` gives."""
    return (
        Fetched.objects.annotate(month=TruncMonth("day"))
        .values("dataset", "month", "form")
        .distinct()
        .count()
    )
