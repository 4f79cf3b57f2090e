"""Settings of the running site, all from the environment. `moothall doctor` judges them.

A secret may be given as a file: MOOTHALL_SECRET_KEY_FILE for MOOTHALL_SECRET_KEY, and so on.
"""

import os
import secrets
from operator import attrgetter
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from moothall.site import discovery, logs, whereabouts

HOUSE = Path(__file__).resolve().parents[1]


def _text(name: str, default: str = "") -> str:
    # Empty is unset: make and compose files pass on variables nobody gave.
    return os.environ.get(name) or default


def _flag(name: str, default: bool) -> bool:
    return _text(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def _list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in _text(name, default).split(",") if item.strip()]


def _secret(name: str, default: str = "") -> str:
    """Take a secret from its variable, or from the file that `<name>_FILE` names."""
    file = _text(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise ImproperlyConfigured(f"{name}_FILE={file} cannot be read ({fault}).") from None
    return _text(name, default)


def _number(name: str, default: int) -> int:
    given = _text(name, str(default))
    if not given.isdigit():
        raise ImproperlyConfigured(f"{name}={given} is not a whole number.")
    return int(given)


def _folder(path: Path, mode: int) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=mode)
    except OSError as fault:
        raise ImproperlyConfigured(
            f"The stores cannot be kept in {path} ({fault.strerror}); name a folder that this "
            "account may write to with MOOTHALL_HOME."
        ) from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(
            f"This account may not write to {path}; name another folder with MOOTHALL_HOME."
        )
    return path


# --- where things live ---------------------------------------------------------------------
HOME = whereabouts.home()
CITY = _text("CITY", "leicester")
PACKS = Path(_text("MOOTHALL_PACKS", str(whereabouts.packs())))
CITY_PACK = str(Path(CITY).resolve() if "/" in CITY else PACKS / CITY)
if not (Path(CITY_PACK) / "city.toml").is_file():
    known = ", ".join(sorted(path.parent.name for path in PACKS.glob("*/city.toml"))) or "none"
    raise ImproperlyConfigured(
        f"CITY={CITY} names no city: {CITY_PACK} has no city.toml. In {PACKS} there are: {known}. "
        "CITY may be a path, and MOOTHALL_PACKS another folder of packs."
    )
REPLAY = _text("REPLAY")
if REPLAY and not Path(REPLAY).is_dir():
    raise ImproperlyConfigured(f"REPLAY={REPLAY} is no folder of recordings.")
# One city's stores never mix with another's, nor a replay's moved times with the real record.
STORES = HOME / (Path(CITY_PACK).name + ("-replay" if REPLAY else ""))
_folder(HOME, 0o711)  # a database's own user passes through
_folder(STORES, 0o700)

# --- production or not ---------------------------------------------------------------------
PRODUCTION = _flag("MOOTHALL_PRODUCTION", False)
DEBUG = False


def _secret_key() -> str:
    """Take the key from the environment; else make one and keep it, for this machine only."""
    given = _secret("MOOTHALL_SECRET_KEY")
    if given or PRODUCTION:
        return given
    kept = HOME / "secret_key"
    if not kept.is_file():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(50))
    return kept.read_text()


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = _secret("MOOTHALL_SECRET_KEY_FALLBACKS").split()
ALLOWED_HOSTS = _list("MOOTHALL_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if PRODUCTION]
URL = _text("MOOTHALL_URL", f"http://127.0.0.1:{_text('PORT', '8000')}").rstrip("/")
TRUSTED_PROXIES = _list("MOOTHALL_TRUSTED_PROXIES")
"""Networks whose forwarded headers are believed: "127.0.0.1/32,10.0.0.0/8", or "unix"."""

# --- the house -----------------------------------------------------------------------------
ROOT_URLCONF = "moothall.site.urls"
WSGI_APPLICATION = "moothall.site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "moothall.ui",
    *discovery.apps(),
    "moothall.portal",
    "moothall.site.apps.SiteConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
]
MIDDLEWARE = [
    "moothall.kernel.clock.RequestInstant",
    "moothall.site.middleware.client.Client",
    "moothall.site.middleware.journal.Journal",
    "moothall.site.middleware.headers.Headers",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "moothall.site.middleware.sizes.Sizes",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "moothall.site.middleware.limits.Limits",
    "allauth.account.middleware.AccountMiddleware",
    "moothall.site.middleware.states.OneState",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "moothall.ui.environment.environment",
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
    # For the words of django-allauth's e-mails and messages; its pages are ours, above.
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True},
]

# --- stores --------------------------------------------------------------------------------
DATABASE_URL = _secret("DATABASE_URL", f"sqlite:///{STORES / 'people.sqlite3'}")
try:
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60)}
except ValueError as fault:
    raise ImproperlyConfigured(
        "DATABASE_URL is not an address of a database: sqlite:///path or postgresql://..."
    ) from fault
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            "PRAGMA busy_timeout=4000;"
        ),
    }
LAKE_DATABASE_URL = _secret(
    "LAKE_DATABASE_URL",
    DATABASE_URL if DATABASE_URL.startswith("postgres") else f"sqlite:///{STORES / 'lake.sqlite3'}",
)
LAKE_STORE = _text("LAKE_STORE", str(STORES / "lake"))
RAW_STORE = str(STORES / "raw")
DROP_FOLDER = _text("MOOTHALL_DROP", str(STORES / "drop"))
ALLOW_HOSTS = _list("MOOTHALL_ALLOW_HOSTS")
"""Hosts inside our own network that feeds may read from; all others must be on the internet."""
CONTACT = os.environ.get("MOOTHALL_CONTACT", "")
"""Who answers for our requests to sources: an address or a page, sent with each of them."""
MQTT_URL = os.environ.get("MOOTHALL_MQTT_URL", "")
AUDIT_ANCHOR = str(STORES / "audit.anchor")
WORKER_PULSE = str(STORES / "worker.pulse")

# --- who may sign in, and how --------------------------------------------------------------
AUTH_USER_MODEL = "identity.Person"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
ACCOUNT_ADAPTER = "moothall.kernel.identity.adapters.Accounts"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# How a person is named to themselves; logs know them by number.
ACCOUNT_USER_DISPLAY = attrgetter("email")
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "moothall.kernel.identity.adapters.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = _text("MOOTHALL_NAME", "Moothall")
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
PASSWORD_RESET_TIMEOUT = 24 * 3600

# --- sessions and forms --------------------------------------------------------------------
SESSION_COOKIE_NAME = "__Host-moothall" if PRODUCTION else "moothall"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-moothall-form" if PRODUCTION else "moothall-form"
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "moothall.site.errors.form_expired"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- what a browser may do with our pages ---------------------------------------------------
MAP_ORIGINS = [
    f"{parts.scheme}://{parts.netloc}"
    for parts in map(urlsplit, _list("MOOTHALL_BASEMAP_URL"))
    if parts.netloc
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", *MAP_ORIGINS],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *MAP_ORIGINS],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "upgrade-insecure-requests": PRODUCTION,
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_SSL_REDIRECT = PRODUCTION and _flag("MOOTHALL_HTTPS", True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION and _flag("MOOTHALL_HSTS_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = SECURE_HSTS_INCLUDE_SUBDOMAINS
# A city that shares its domain with other sites decides for itself; doctor says so.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- how much and how often ----------------------------------------------------------------
LIMITS_ON = _flag("MOOTHALL_LIMITS", True)
# A school or a library is one client. A demonstration is measured, and by one client.
LIMIT_READING = _text("MOOTHALL_LIMIT_READING", "6000/minute" if PRODUCTION else "1000000/minute")
LISTENERS = int(_text("MOOTHALL_LISTENERS", "4000"))
LISTENERS_PER_ADDRESS = int(
    _text("MOOTHALL_LISTENERS_PER_ADDRESS", "40" if PRODUCTION else str(LISTENERS))
)
LIMIT_WRITING = _text("MOOTHALL_LIMIT_WRITING", "60/minute")
LIMIT_SIGN_IN = _text("MOOTHALL_LIMIT_SIGN_IN", "10/minute; 50/hour")
MAX_REQUEST_BYTES = _number("MOOTHALL_MAX_REQUEST_BYTES", 64 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o640
LIMIT_COSTLY = _text("MOOTHALL_LIMIT_COSTLY", "60/minute" if PRODUCTION else "1000000/minute")
# Sign-in counts tries here, and remembers codes that were used: in one place for all processes.
CACHES = {"default": {"BACKEND": "moothall.kernel.identity.notes.Notes"}}

# --- mail ------------------------------------------------------------------------------------
SMTP_HOST = _text("MOOTHALL_SMTP_HOST")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if SMTP_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = str(STORES / "mail")
EMAIL_HOST = SMTP_HOST
EMAIL_PORT = _number("MOOTHALL_SMTP_PORT", 587)
EMAIL_HOST_USER = _text("MOOTHALL_SMTP_USER")
EMAIL_HOST_PASSWORD = _secret("MOOTHALL_SMTP_PASSWORD")
EMAIL_USE_TLS = EMAIL_PORT == 587
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_TIMEOUT = 20
MAIL_DOMAIN = urlsplit(URL).hostname or "localhost"
DEFAULT_FROM_EMAIL = _text("MOOTHALL_MAIL_FROM", f"moothall@{MAIL_DOMAIN}")

# --- watching over it --------------------------------------------------------------------------
METRICS_TOKEN = _secret("MOOTHALL_METRICS_TOKEN")
BACKUPS = _text("MOOTHALL_BACKUPS")
"""The folder that backups are written to: `moothall doctor` looks how old the last one is."""
LOGGING = logs.configuration(
    as_json=PRODUCTION or _flag("MOOTHALL_LOG_JSON", False),
    level=_text("MOOTHALL_LOG_LEVEL", "INFO").upper(),
)

# --- languages and time --------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "Europe/London"
USE_I18N = True
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("gu", "ગુજરાતી"), ("ur", "اردو")]
LOCALE_PATHS = [str(HOUSE / "locale")]

# --- static files --------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = str(HOUSE / "ui" / "static" / "built")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "moothall.ui.storage.BuiltAssets"},
}
MEDIA_ROOT = str(STORES / "media")
# The address of a MapLibre style. Without one the map draws the city's own outlines, and needs
# nobody else's server.
MAP_STYLE = os.environ.get("MOOTHALL_BASEMAP_URL", "")
