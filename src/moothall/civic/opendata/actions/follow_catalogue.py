"""Follow another catalogue, leave it in peace for a while, and follow it no longer."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from moothall.civic.opendata.feeds.harvest import KIND, SERVICE
from moothall.civic.opendata.models import Catalogue
from moothall.civic.opendata.queries.catalogues import UnableToFindCatalogue, list_catalogues
from moothall.kernel.audit import log
from moothall.kernel.feeds import standings
from moothall.kernel.keeping import kept
from moothall.kernel.observations import lake
from moothall.kernel.registry import house
from moothall.values.observations import Batch, Record


class UnableToFollow(Exception):
    """The catalogue is not followed: a sentence says why."""


def follow_catalogue(
    *, name: str, url: str, form: str, every_hours: int, by: str, now: datetime
) -> str:
    """Follow a catalogue from now on, and return its short name.

    Errors:  UnableToFollow if one is called that, or is at that address, already.
    """
    for other in list_catalogues(now):
        if other.url == url:
            raise UnableToFollow(f"We follow that address already, as {other.name}.")
        if other.name.casefold() == name.casefold():
            raise UnableToFollow("We follow a catalogue of that name already.")
    try:
        with transaction.atomic():
            # One that was removed keeps its history under its own short name.
            one = Catalogue.objects.create(
                slug=_free_slug(name),
                name=name,
                url=url,
                form=form,
                every_hours=every_hours,
                made_at=now,
                changed_at=now,
            )
            _note(one, "catalogue_followed", by=by, now=now, url=url, form=form, hours=every_hours)
    except IntegrityError:
        raise UnableToFollow("We follow a catalogue of that name already.") from None
    _changed(one, now, soon=True)
    return one.slug


def pause_catalogue(*, slug: str, by: str, now: datetime) -> None:
    """Ask a catalogue nothing for a while; what it lists stays. Errors: UnableToFindCatalogue."""
    _set(slug, Catalogue.State.PAUSED, "catalogue_paused", by=by, now=now)


def resume_catalogue(*, slug: str, by: str, now: datetime) -> None:
    """Ask a catalogue again; errors: UnableToFindCatalogue."""
    _set(slug, Catalogue.State.ON, "catalogue_resumed", by=by, now=now)


def remove_catalogue(*, slug: str, by: str, now: datetime) -> None:
    """Follow a catalogue no longer: what it lists is gone from ours, its history is not.

    Errors:  UnableToFindCatalogue.
    """
    one = _set(slug, Catalogue.State.REMOVED, "catalogue_removed", by=by, now=now)
    feed, here = f"{SERVICE}.{one.slug}", lake.current()
    gone = tuple(
        Record(
            kind=KIND.name,
            id=entry.record.id,
            from_at=max(now, entry.record.from_at),
            fields=entry.record.fields,
            geometry=entry.record.geometry,
            gone=True,
            origin=entry.record.origin,
        )
        for entry in here.list_records(KIND.name)
        if entry.feed == feed
    )
    here.append(Batch(records=gone), feed=feed, key=f"removed:{now.isoformat()}", now=now)
    kept.forget()


def _set(slug: str, state: Catalogue.State, did: str, *, by: str, now: datetime) -> Catalogue:
    with transaction.atomic():
        one = (
            Catalogue.objects.select_for_update()
            .filter(slug=slug)
            .exclude(state=Catalogue.State.REMOVED)
            .first()
        )
        if one is None:
            raise UnableToFindCatalogue(f"Officers follow no catalogue called {slug[:80]}.")
        if one.state != state:
            one.state, one.changed_at = state, now
            one.save(update_fields=["state", "changed_at"])
            _note(one, did, by=by, now=now)
    _changed(one, now, soon=state == Catalogue.State.ON)
    return one


def _note(one: Catalogue, did: str, *, by: str, now: datetime, **detail: object) -> None:
    log.record(by=by, did=did, to=f"catalogue:{one.slug}", at=now, detail=detail)


def _changed(one: Catalogue, now: datetime, *, soon: bool) -> None:
    house.renew()
    if soon:
        standings.run_soon(f"{SERVICE}.{one.slug}", now=now)
    kept.forget()


def _free_slug(name: str) -> str:
    plain = slugify(name).replace("-", "_").strip("_")[:50].strip("_") or "catalogue"
    if not plain[0].isalpha():
        plain = f"c_{plain}"
    taken = {feed.name.partition(".")[2] for feed in house.feeds()}
    taken |= set(Catalogue.objects.values_list("slug", flat=True))
    return next(
        slug
        for slug in (plain if n == 1 else f"{plain}_{n}" for n in range(1, len(taken) + 2))
        if slug not in taken
    )
