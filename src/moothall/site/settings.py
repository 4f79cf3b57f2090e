"""Settings of the running site, all from the environment. `moothall doctor` judges them."""

import os
import secrets
from pathlib import Path

import dj_database_url

from moothall.site import discovery

HOUSE = Path(__file__).resolve().parents[1]
CHECKOUT = HOUSE.parents[1]


def _flag(name: str, default: bool) -> bool:
    return os.environ.get(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def _list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


# --- where things live ---------------------------------------------------------------------
HOME = Path(os.environ.get("MOOTHALL_HOME", CHECKOUT / ".moothall")).resolve()
HOME.mkdir(parents=True, exist_ok=True)
CITY = os.environ.get("CITY", "leicester")
PACKS = Path(os.environ.get("MOOTHALL_PACKS", CHECKOUT / "packs"))
CITY_PACK = str(Path(CITY).resolve() if "/" in CITY else PACKS / CITY)
REPLAY = os.environ.get("REPLAY", "")
# One city's stores never mix with another's, nor a replay's moved times with the real record.
STORES = HOME / (Path(CITY_PACK).name + ("-replay" if REPLAY else ""))
STORES.mkdir(parents=True, exist_ok=True)

# --- production or not ---------------------------------------------------------------------
PRODUCTION = _flag("MOOTHALL_PRODUCTION", False)
DEBUG = False


def _secret_key() -> str:
    """Take the key from the environment; else make one and keep it, for this machine only."""
    given = os.environ.get("MOOTHALL_SECRET_KEY", "")
    if given or PRODUCTION:
        return given
    kept = HOME / "secret_key"
    if not kept.is_file():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(50))
    return kept.read_text()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = _list("MOOTHALL_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if PRODUCTION]

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
]
MIDDLEWARE = [
    "moothall.kernel.clock.RequestInstant",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
]

# --- stores --------------------------------------------------------------------------------
DATABASE_URL = os.environ.get("DATABASE_URL", f"sqlite:///{STORES / 'people.sqlite3'}")
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            "PRAGMA busy_timeout=20000;"
        ),
    }
LAKE_DATABASE_URL = os.environ.get(
    "LAKE_DATABASE_URL",
    DATABASE_URL if DATABASE_URL.startswith("postgres") else f"sqlite:///{STORES / 'lake.sqlite3'}",
)
LAKE_STORE = os.environ.get("LAKE_STORE", str(STORES / "lake"))
RAW_STORE = str(STORES / "raw")
DROP_FOLDER = os.environ.get("MOOTHALL_DROP", str(STORES / "drop"))

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
# A MapLibre style, or the address of a .pmtiles file on this site. Without one the map draws the
# city's own outlines, and needs nobody else's server.
MAP_STYLE = os.environ.get("MOOTHALL_MAP_STYLE", "")
