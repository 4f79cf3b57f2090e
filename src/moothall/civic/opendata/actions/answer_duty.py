"""Say that a table answers a duty of the Transparency Code, or no longer does."""

from datetime import datetime

from django.db import transaction

from moothall.civic.opendata.models import Answer, Table
from moothall.civic.opendata.queries.tables import UnableToFindTable
from moothall.kernel.audit import log
from moothall.kernel.keeping import kept
from moothall.standards import lga


class UnableToFindDuty(LookupError):
    """The code names no such duty."""


def answer_duty(*, duty: str, slug: str, answers: bool, by: str, now: datetime) -> None:
    """Say whether a table answers a duty; what is said already is not said again.

    Errors:  UnableToFindDuty; UnableToFindTable.
    """
    try:
        lga.get_duty(duty)
    except KeyError:
        raise UnableToFindDuty(f"There is no duty {duty[:60]!r}.") from None
    table = Table.objects.filter(slug=slug).first()
    if table is None:
        raise UnableToFindTable(f"There is no table {slug[:100]!r}.")
    with transaction.atomic():
        if answers:
            said = {"by": by, "at": now}
            _, changed = Answer.objects.get_or_create(duty=duty, table=table, defaults=said)
        else:
            changed = bool(Answer.objects.filter(duty=duty, table=table).delete()[0])
        if changed:
            log.record(
                by=by,
                did="table_answers_duty" if answers else "table_answers_duty_no_more",
                to=f"table:{slug}",
                at=now,
                detail={"duty": duty},
            )
    kept.forget()
