"""What sign-in remembers for a while, one memory for every process: tries, and codes used."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import transaction

from moothall.kernel import clock
from moothall.kernel.identity.models import Note

FOR_EVER = timedelta(days=3650)


class Notes(BaseCache):
    """A cache kept in the people's database, so that a restart forgets no try and no used code.

    Values are JSON: Django's own database cache unpickles what it finds, and whoever could write
    to the database could run what they like.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Keep a value unless there is one; of two who ask at once, one is told True."""
        made = self.make_and_validate_key(key, version=version)
        said, until_at = json.dumps(value), self._until(timeout)
        with transaction.atomic():
            kept, is_new = Note.objects.select_for_update().get_or_create(
                key=made, defaults={"value": said, "until_at": until_at}
            )
            if is_new:
                return True
            if kept.until_at > clock.now():
                return False
            kept.value, kept.until_at = said, until_at
            kept.save()
            return True

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return a value that is still good, else the default."""
        made = self.make_and_validate_key(key, version=version)
        kept = Note.objects.filter(key=made, until_at__gt=clock.now()).first()
        return default if kept is None else json.loads(kept.value)

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Keep a value in place of what there was."""
        made = self.make_and_validate_key(key, version=version)
        Note.objects.update_or_create(
            key=made, defaults={"value": json.dumps(value), "until_at": self._until(timeout)}
        )

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a value for longer; say whether there was one."""
        made = self.make_and_validate_key(key, version=version)
        held = Note.objects.filter(key=made, until_at__gt=clock.now())
        return bool(held.update(until_at=self._until(timeout)))

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget a value; say whether there was one."""
        made = self.make_and_validate_key(key, version=version)
        return bool(Note.objects.filter(key=made).delete()[0])

    def clear(self) -> None:
        """Forget every value."""
        Note.objects.all().delete()

    def _until(self, timeout: Any) -> datetime:
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        return clock.now() + (FOR_EVER if timeout is None else timedelta(seconds=timeout))


def forget_old(now: datetime) -> int:
    """Delete what is no longer good; return how many."""
    return Note.objects.filter(until_at__lte=now).delete()[0]
