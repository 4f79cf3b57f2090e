"""What of this house lies open to others: doors, wires, files, and software nobody mends."""

import os
import re
import ssl
import stat
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from django.conf import settings
from limits import parse_many

from moothall.kernel.feeds import health, push
from moothall.kernel.observations import lake
from moothall.kernel.registry import Arrival
from moothall.site.findings import Finding, advice, unsafe

WIDEST = {4: 16, 6: 48}
"""The fewest bits a proxy's own public network has; a private one may be wider."""
MOST_GUESSES = 600
"""How many sign-ins an hour one client may try."""
SHORTEST_TOKEN = 20
METADATA = ip_address("169.254.169.254")
"""Where clouds tell a machine its own secrets."""
MENDED_UNTIL = {
    (3, 11): date(2027, 10, 31),
    (3, 12): date(2028, 10, 31),
    (3, 13): date(2029, 10, 31),
    (3, 14): date(2030, 10, 31),
}
"""When each Python gets its last security mends (devguide.python.org/versions)."""
DIGEST = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
LIMITS = ("READING", "WRITING", "SIGN_IN", "COSTLY")
SEALED = frozenset({"require", "verify-ca", "verify-full"})
MOST_UNSEALED = 5_000_000
LONGEST_UNSEALED = timedelta(hours=48)
TROUBLED = frozenset({health.FeedState.FAILING, health.FeedState.STALE})


def check_doors(now: datetime) -> Iterator[Finding]:
    """Find doors that stand open: proxies believed too widely, metrics, limits, push keys."""
    yield from _check_proxies()
    yield from _check_limits()
    yield from _check_push(os.environ)
    if not settings.PRODUCTION:
        return
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < SHORTEST_TOKEN:
        yield unsafe("the metrics token can be guessed", "Make one of 40 random characters.")
    if not settings.METRICS_TOKEN and not settings.TRUSTED_PROXIES:
        yield unsafe(
            "anyone can read /metrics: behind a proxy that is not named, all look like insiders",
            "Set MOOTHALL_METRICS_TOKEN_FILE, and MOOTHALL_TRUSTED_PROXIES.",
        )
    host = urlsplit(settings.URL).hostname or ""
    if settings.ALLOWED_HOSTS and not any(_fits(host, name) for name in settings.ALLOWED_HOSTS):
        yield unsafe(
            f"links in e-mail lead to {host}, which is not one of our hosts",
            "Set MOOTHALL_URL to an address whose host MOOTHALL_HOSTS names.",
        )
    if settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN:
        yield unsafe(
            "passkeys are taken from pages without https",
            "Take MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN out of the settings.",
        )
    if not settings.SESSION_COOKIE_HTTPONLY or settings.SESSION_COOKIE_SAMESITE not in {
        "Lax",
        "Strict",
    }:
        yield unsafe(
            "scripts or other sites may use the session's cookie",
            "Take SESSION_COOKIE_HTTPONLY and SESSION_COOKIE_SAMESITE out of the settings.",
        )
    for name in settings.ALLOW_HOSTS:
        if _is_metadata(name):
            yield unsafe(
                f"feeds may read {name}, where a cloud keeps this machine's own secrets",
                "Take it out of MOOTHALL_ALLOW_HOSTS.",
            )


def _fits(host: str, name: str) -> bool:
    return name in {host, "*"} or (name.startswith(".") and f".{host}".endswith(name))


def _is_metadata(name: str) -> bool:
    try:
        return METADATA in ip_network(name, strict=False)
    except ValueError:
        return name.endswith("metadata.google.internal")


def _check_proxies() -> Iterator[Finding]:
    for name in settings.TRUSTED_PROXIES:
        if name == "unix":
            continue
        try:
            network: IPv4Network | IPv6Network = ip_network(name, strict=False)
        except ValueError:
            yield unsafe(
                f"MOOTHALL_TRUSTED_PROXIES names no network: {name}",
                "Write it like 127.0.0.1/32, or unix for a proxy on a socket.",
            )
            continue
        if not network.is_private and network.prefixlen < WIDEST[network.version]:
            yield unsafe(
                f"forwarded headers are believed from anyone in {name}",
                "Set MOOTHALL_TRUSTED_PROXIES to the proxy's own network.",
            )


def _check_limits() -> Iterator[Finding]:
    for name in LIMITS:
        said = getattr(settings, f"LIMIT_{name}")
        try:
            found = parse_many(said)
        except ValueError:
            yield unsafe(
                f"MOOTHALL_LIMIT_{name}={said} cannot be read, and no page can be answered",
                'Write it like "60/minute", or "10/minute; 50/hour".',
            )
            continue
        each_hour = min(one.amount * 3600 / one.get_expiry() for one in found)
        if name == "SIGN_IN" and each_hour > MOST_GUESSES:
            yield unsafe(
                f"one client may try {each_hour:.0f} passwords an hour",
                "Unset MOOTHALL_LIMIT_SIGN_IN.",
            )


def _check_push(environ: Mapping[str, str]) -> Iterator[Finding]:
    entries = [entry.strip() for entry in environ.get(push.KEYS, "").split(",") if entry.strip()]
    if any(not DIGEST.fullmatch(entry.rpartition(":")[2]) for entry in entries):
        yield unsafe(
            f"{push.KEYS} holds something other than the SHA-256 of a key, perhaps the key itself",
            "Write <feed>:<sha256 of the key>: printf %s KEY | sha256sum. Then change that key.",
        )


def check_wires(now: datetime) -> Iterator[Finding]:
    """Find what travels in the open: to the database, the broker, the mail server."""
    if not settings.PRODUCTION:
        return
    for name, url in (
        ("DATABASE_URL", settings.DATABASE_URL),
        ("LAKE_DATABASE_URL", settings.LAKE_DATABASE_URL),
    ):
        parts = urlsplit(url)
        if not parts.scheme.startswith("postgres"):
            continue
        mode = parse_qs(parts.query).get("sslmode", [""])[0]
        if not _is_here(parts) and mode not in SEALED:
            yield unsafe(
                f"what goes to the database ({name}) can be read on the way",
                "End the address with ?sslmode=verify-full.",
            )
        if not _is_here(parts) and not parts.password:
            yield advice(f"{name} has no password", "Give one, in DATABASE_URL_FILE.")
    broker = urlsplit(settings.MQTT_URL)
    if broker.scheme == "mqtt" and broker.password and not _is_here(broker):
        yield unsafe(
            "the broker's password can be read on the way",
            "Set MOOTHALL_MQTT_URL to mqtts://...",
        )
    mail = settings.SMTP_HOST
    if mail and mail not in {"localhost", "127.0.0.1", "::1"}:
        if not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
            yield unsafe(
                "links that set a password are mailed in the open",
                "Set MOOTHALL_SMTP_PORT to 587 (STARTTLS) or 465 (TLS).",
            )
        if not settings.EMAIL_HOST_USER:
            yield advice(
                "the mail server does not ask who we are",
                "Set MOOTHALL_SMTP_USER and MOOTHALL_SMTP_PASSWORD_FILE if it can.",
            )


def _is_here(parts: SplitResult) -> bool:
    return (parts.hostname or "localhost") in {"localhost", "127.0.0.1", "::1"}


def check_secret_files(now: datetime) -> Iterator[Finding]:
    """Find files with secrets, and backups, that others on this machine can read."""
    named = [Path(path) for name, path in os.environ.items() if _is_secret_file(name) and path]
    for file in (*named, Path(settings.HOME) / "secret_key"):
        if file.is_file() and stat.S_IMODE(file.stat().st_mode) & stat.S_IRWXO:
            yield unsafe(f"everyone on this machine can read {file}", f"Run: chmod o= {file}")
    folder = Path(settings.BACKUPS) if settings.BACKUPS else None
    if folder is None or not folder.is_dir():
        return
    if stat.S_IMODE(folder.stat().st_mode) & stat.S_IRWXO:
        yield unsafe(
            f"everyone on this machine can read the backups in {folder}",
            f"Run: chmod o= {folder}",
        )
    if folder.resolve().is_relative_to(Path(settings.HOME).resolve()):
        yield unsafe(
            "backups lie among what they are backups of",
            "Set MOOTHALL_BACKUPS to a folder outside MOOTHALL_HOME, best on another disk.",
        )


def _is_secret_file(name: str) -> bool:
    ours = name.startswith(("MOOTHALL_", "DATABASE_URL", "LAKE_DATABASE_URL"))
    return ours and name.endswith("_FILE")


def check_software(now: datetime) -> Iterator[Finding]:
    """Find software that gets no more mends, and powers the house does not need."""
    version = sys.version_info[:2]
    ends = MENDED_UNTIL.get(version)
    if ends is not None and now.date() > ends:
        yield unsafe(
            f"Python {version[0]}.{version[1]} is mended no more since {ends:%B %Y}",
            "Install a newer Python, and make the environment again: make clean run",
        )
    if ssl.OPENSSL_VERSION_INFO < (3, 0):
        yield unsafe(
            f"{ssl.OPENSSL_VERSION} is mended no more", "Update the operating system (OpenSSL 3)."
        )
    if settings.PRODUCTION and os.geteuid() == 0:
        yield advice(
            "this runs as root, who may do anything to this machine",
            "Run it as a user of its own: see deploy/systemd.",
        )
    if settings.PRODUCTION and os.environ.get("MOOTHALL_LOG_LEVEL", "").upper() == "DEBUG":
        yield advice("the log tells every detail", "Unset MOOTHALL_LOG_LEVEL.")


def check_feeds(now: datetime) -> Iterator[Finding]:
    """Find sources that bring nothing, feeds nobody can push to, and facts not sealed for long."""
    found = health.list_feeds(now)
    troubled = sorted(one.name for one in found if one.state in TROUBLED)
    if troubled:
        yield advice(
            f"{len(troubled)} feeds bring nothing new: {', '.join(troubled[:8])}",
            "See why at /desk/feeds/, or: moothall feeds check NAME",
        )
    for one in found:
        if one.feed.arrives is Arrival.PUSH and not push.has_key(one.name):
            yield advice(
                f"nobody has a key to push to {one.name}",
                f"Make one: moothall feeds key {one.name} --label WHO",
            )
    streams = lake.current().status(now).streams
    waiting = sum(stream.hot_rows for stream in streams)
    oldest = min((one.oldest_hot_at for one in streams if one.oldest_hot_at), default=now)
    if waiting > MOST_UNSEALED or now - oldest > LONGEST_UNSEALED:
        yield unsafe(
            f"{waiting} facts wait to be sealed, since {oldest.astimezone(UTC):%d %B %H:%M} UTC",
            "See what the worker says, then: moothall lake seal",
        )
