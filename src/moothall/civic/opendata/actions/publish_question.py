"""Give a question in SQL an address of its own, change what it asks, or withdraw it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from moothall.civic.opendata.models import Question
from moothall.civic.opendata.queries.questions import UnableToFindQuestion
from moothall.kernel.audit import log

SAID = ("title", "summary", "sql")


class NameIsTaken(ValueError):
    """Another question has that name."""


def publish_question(
    *, asked: UUID, slug: str, about: Mapping[str, str], by: str, now: datetime
) -> str:
    """Publish a question under a name; the same form sent twice publishes one.

    Errors:  NameIsTaken.
    """
    sent = Question.objects.filter(asked=asked).first()
    if sent is not None:
        return sent.slug
    try:
        with transaction.atomic():
            Question.objects.create(
                slug=slug, asked=asked, made_at=now, changed_at=now, **{n: about[n] for n in SAID}
            )
            log.record(by=by, did="question_published", to=f"question:{slug}", at=now)
    except IntegrityError:
        raise NameIsTaken(slug) from None
    return slug


def change_question(
    *, slug: str, about: Mapping[str, str], withdrawn: bool, by: str, now: datetime
) -> None:
    """Change what a question asks or says, withdraw it or bring it back.

    Errors:  UnableToFindQuestion.
    """
    with transaction.atomic():
        found = Question.objects.select_for_update().filter(slug=slug).first()
        if found is None:
            raise UnableToFindQuestion(f"There is no question {slug[:100]!r}.")
        before = {
            name: getattr(found, name) for name in SAID if getattr(found, name) != about[name]
        }
        if not before and found.withdrawn == withdrawn:
            return
        for name in SAID:
            setattr(found, name, about[name])
        did = "question_changed"
        if found.withdrawn != withdrawn:
            did = "question_withdrawn" if withdrawn else "question_brought_back"
        found.withdrawn, found.changed_at = withdrawn, now
        found.save()
        detail = {name: words[:2000] for name, words in before.items()}
        log.record(by=by, did=did, to=f"question:{slug}", at=now, detail={"before": detail})
