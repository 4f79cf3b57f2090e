"""Judges how this house is set up: what is unsafe, and how to mend it."""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from moothall.kernel.audit import log
from moothall.kernel.identity import accounts
from moothall.kernel.observations import blocks, lake
from moothall.site import exposure, pulse
from moothall.site.backup_folder import newest_backup
from moothall.site.findings import Finding, Weight, advice, unsafe
from moothall.values.observations import Origin

LONGEST_WITHOUT_BACKUP = timedelta(days=2)
MOST_SKEW = timedelta(seconds=30)
LEAST_FREE_SHARE = 0.10
SHORTEST_KEY = 40
LONGEST_IDLE = timedelta(days=180)


def check_mode(now: datetime) -> Iterator[Finding]:
    """Find debugging, replay and simulation where people look for the truth."""
    if settings.DEBUG:
        yield unsafe("DEBUG is on: errors show secrets", "Take DEBUG out of the settings.")
    if not settings.PRODUCTION:
        yield advice(
            "this is a demonstration, not production",
            "Set MOOTHALL_PRODUCTION=1 when people rely on it.",
        )
        return
    if settings.REPLAY:
        yield unsafe("REPLAY is on: recordings pass for the present", "Unset REPLAY.")
    with lake.current().database.reading() as cursor:
        made_up = sum(row[7] == Origin.SIMULATED for row in blocks.read(cursor))
    if made_up:
        yield unsafe(
            f"{made_up} series show simulated facts, kept from before this was production",
            "Start from an empty MOOTHALL_HOME, or wait until each source has been reached.",
        )


def is_weak(key: str) -> bool:
    """Say whether a secret key is short, plain or well known."""
    return len(key) < SHORTEST_KEY or len(set(key)) < 10 or key.startswith("django-insecure")


def check_secrets(now: datetime) -> Iterator[Finding]:
    """Find secret keys that are absent, short or well known."""
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:  # Django's answer to an empty one
        key = ""
    if not key:
        yield unsafe(
            "there is no secret key",
            "Set MOOTHALL_SECRET_KEY_FILE to a file with 50 random characters:"
            ' python -c "import secrets; print(secrets.token_urlsafe(50))"',
        )
    elif is_weak(key):
        yield unsafe("the secret key is weak", "Make a new one of 50 random characters.")
    if any(is_weak(old) for old in settings.SECRET_KEY_FALLBACKS):
        yield unsafe(
            "a secret key of the past is weak, and still signs people in",
            "Take it out of MOOTHALL_SECRET_KEY_FALLBACKS.",
        )
    for url in {settings.DATABASE_URL, settings.LAKE_DATABASE_URL}:
        if any(f":{known}@" in url for known in ("postgres", "password", "moothall", "changeme")):
            yield unsafe(
                "the database has a well-known password",
                "Change it, and give the new one in DATABASE_URL_FILE.",
            )


def check_addresses(now: datetime) -> Iterator[Finding]:
    """Find hosts and schemes that let someone pose as this site."""
    if not settings.PRODUCTION:
        return
    if not settings.ALLOWED_HOSTS:
        yield unsafe("no host is named", "Set MOOTHALL_HOSTS to the site's own name.")
    if "*" in settings.ALLOWED_HOSTS or "." in settings.ALLOWED_HOSTS:
        yield unsafe("any host is believed", "Set MOOTHALL_HOSTS to the site's own name.")
    if not settings.URL.startswith("https://"):
        yield unsafe("MOOTHALL_URL is not https", "Set MOOTHALL_URL=https://<the site's name>.")
    if not settings.SECURE_SSL_REDIRECT:
        yield unsafe("pages are served over http", "Unset MOOTHALL_HTTPS.")
    if not settings.TRUSTED_PROXIES:
        yield advice(
            "no proxy is trusted, so every visitor looks like the proxy",
            "Set MOOTHALL_TRUSTED_PROXIES to the proxy's network, such as 127.0.0.1/32.",
        )
    if not settings.LIMITS_ON:
        yield unsafe("there are no rate limits", "Unset MOOTHALL_LIMITS.")


def check_database(now: datetime) -> Iterator[Finding]:
    """Find a database that does not answer, lags behind the code, or is too small for the load."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as fault:
        yield unsafe(
            f"the people's database does not answer ({type(fault).__name__})",
            "Check DATABASE_URL, and that the database runs.",
        )
        return
    if waiting:
        yield unsafe(
            f"{len(waiting)} migrations have not been applied",
            "Run: python -m moothall.site.prepare",
        )
    workers = int(os.environ.get("MOOTHALL_WORKERS") or 1)
    if connection.vendor == "sqlite" and workers > 2:
        yield advice(
            f"SQLite serves {workers} web processes",
            "Set DATABASE_URL to a PostgreSQL database, or MOOTHALL_WORKERS=2.",
        )


def check_staff(now: datetime) -> Iterator[Finding]:
    """Find staff who cannot prove who they are, and powers nobody should have."""
    try:
        bare = accounts.list_staff_without_second_factor()
        all_powerful = accounts.list_all_powerful()
        admins = accounts.count_admins()
    except DatabaseError:
        return
    if bare:
        yield advice(
            f"{len(bare)} staff have no second factor (they cannot open the desk)",
            "Ask them to sign in and set one up, or: moothall staff close EMAIL",
        )
    if all_powerful:
        yield unsafe(
            f"{len(all_powerful)} accounts are superusers, beyond every role",
            "Give them a role instead: moothall staff role EMAIL --role admin",
        )
    if settings.PRODUCTION and not admins:
        yield advice("nobody is an administrator", "Run: moothall staff add EMAIL --role admin")
    idle = [one.email for one in accounts.list_staff() if one.is_open and _is_idle(one, now)]
    if settings.PRODUCTION and idle:
        yield advice(
            f"{len(idle)} open accounts have not been used for {LONGEST_IDLE.days} days",
            "See which: moothall staff list. Those who left: moothall staff close EMAIL",
        )


def _is_idle(one: accounts.Entry, now: datetime) -> bool:
    return one.last_signed_in is not None and now - one.last_signed_in > LONGEST_IDLE


def check_files(now: datetime) -> Iterator[Finding]:
    """Find stores that others on this machine can read, and a disk that fills up."""
    others = {Path(settings.HOME): stat.S_IROTH | stat.S_IWOTH, Path(settings.STORES): stat.S_IRWXO}
    for folder, never in others.items():
        if folder.exists() and stat.S_IMODE(folder.stat().st_mode) & never:
            yield unsafe(f"everyone on this machine can read {folder}", f"Run: chmod o= {folder}")
    for place, mend in (
        (settings.STORES, "Make room, or move MOOTHALL_HOME to a larger disk."),
        (settings.BACKUPS, "Take old backups away, or set MOOTHALL_BACKUPS to a larger disk."),
    ):
        if not place or not Path(place).is_dir():
            continue
        disk = shutil.disk_usage(place)
        nodes = os.statvfs(place)
        if disk.free / disk.total < LEAST_FREE_SHARE:
            yield unsafe(
                f"the disk of {place} is {100 - 100 * disk.free // disk.total} % full", mend
            )
        if nodes.f_files and nodes.f_favail / nodes.f_files < LEAST_FREE_SHARE:
            yield unsafe(f"the disk of {place} has few places left for files", mend)


def check_running(now: datetime) -> Iterator[Finding]:
    """Find a worker that is silent, mail that goes nowhere, and backups not made."""
    beat = pulse.last_beat()
    if beat is None or now - beat > pulse.LATE:
        since = "was never heard" if beat is None else f"is silent since {beat:%d %B %H:%M} UTC"
        yield unsafe(f"the worker {since}", "Start it: systemctl start moothall-work")
    elif beat - now > MOST_SKEW:
        yield unsafe("the clock went backwards", "Set the time by NTP: timedatectl set-ntp true")
    if not settings.PRODUCTION:
        return
    if not settings.SMTP_HOST:
        yield advice("e-mail is written to files, not sent", "Set MOOTHALL_SMTP_HOST.")
    if not settings.BACKUPS:
        yield unsafe(
            "no folder for backups is named",
            "Set MOOTHALL_BACKUPS, and run `moothall backup` every night.",
        )
        return
    made = newest_backup(Path(settings.BACKUPS), Path(settings.STORES).name)
    if made is None or now - made > LONGEST_WITHOUT_BACKUP:
        when = "there is no backup" if made is None else f"the last backup is of {made:%d %B %Y}"
        yield unsafe(when, f"Run: moothall backup {settings.BACKUPS}")


def check_audit(now: datetime) -> Iterator[Finding]:
    """Find lines of the audit log that were changed, taken out or cut off."""
    try:
        verdict = log.verify()
    except DatabaseError:
        return
    for fault in verdict.faults:
        yield unsafe(
            f"audit log: {fault}",
            "Keep the machine as it is, take a copy, and find out who could write to the database "
            f"or to {settings.AUDIT_ANCHOR}. `moothall restore` brings both back as they were.",
        )


def check_django(now: datetime) -> Iterator[Finding]:
    """Find what Django's own checks for production find."""
    for found in checks.run_checks(include_deployment_checks=settings.PRODUCTION):
        if found.is_silenced():
            continue
        weight = unsafe if found.level >= checks.ERROR else advice
        yield weight(f"{found.id}: {found.msg}", str(found.hint or "See Django's documentation."))


CHECKS: tuple[Callable[[datetime], Iterator[Finding]], ...] = (
    check_mode,
    check_secrets,
    check_addresses,
    check_database,
    check_staff,
    check_files,
    check_running,
    exposure.check_doors,
    exposure.check_wires,
    exposure.check_secret_files,
    exposure.check_software,
    exposure.check_feeds,
    check_audit,
    check_django,
)


def examine(now: datetime) -> tuple[Finding, ...]:
    """Run every check; what is unsafe comes first."""
    found = [finding for check in CHECKS for finding in check(now)]
    return tuple(sorted(found, key=lambda finding: finding.weight is not Weight.UNSAFE))


def check_clock(url: str, clock: Callable[[], datetime]) -> Iterator[Finding]:
    """Compare this machine's clock with the `Date` that another server answers with."""
    try:
        stated = httpx.head(url, timeout=10).headers.get("date", "")
        theirs = parsedate_to_datetime(stated)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as fault:
        yield advice(f"no time could be had from {url} ({type(fault).__name__})", "Try another.")
        return
    apart = abs(clock() - theirs)
    if apart > MOST_SKEW:
        yield unsafe(
            f"the clock is {apart.total_seconds():.0f} s from that of {url}",
            "Set the time by NTP: timedatectl set-ntp true",
        )
