"""What every test may ask for: a lake of its own, the recordings, the pack."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import django
import hypothesis
import pytest

if TYPE_CHECKING:
    from moothall.kernel.observations.lake import Lake

ROOT = Path(__file__).resolve().parents[1]
RECORDINGS = Path(os.environ.get("MOOTHALL_RECORDINGS", ROOT.parent / "shared" / "data"))
IN_CI = os.environ.get("CI", "").lower() == "true"

# Set here, before Django is set up, so that no test ever touches the stores of a running house.
os.environ["DJANGO_SETTINGS_MODULE"] = "moothall.site.settings"
_MINE = f"moothall-test-{os.getpid()}-"
if _MINE not in os.environ.get("MOOTHALL_HOME", ""):  # this file may be read twice in a process
    os.environ["MOOTHALL_HOME"] = tempfile.mkdtemp(prefix=_MINE)
os.environ.setdefault("CITY", "leeds")
os.environ.pop("REPLAY", None)
django.setup()
if "PYTEST_XDIST_WORKER" not in os.environ:
    # A worker that inherited it would read the settings before it comes here to choose its home.
    del os.environ["DJANGO_SETTINGS_MODULE"]
# On a busy machine any example may take long: no test measures time.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def unavailable(reason: str) -> None:
    """Skip the test, saying why; in CI, where everything is at hand, fail instead."""
    if IN_CI:
        pytest.fail(f"in CI nothing is skipped: {reason}")
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _nothing_kept_outlives_its_test() -> None:
    """Forget the pages kept: another test is another city."""
    from moothall.kernel.keeping import kept

    kept.forget()


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of real recordings and open data."""
    if not RECORDINGS.is_dir():
        unavailable("the recordings (shared data) are not beside this checkout")
    return RECORDINGS


def _given(name: str, what: str) -> str:
    """Return what scripts/test.py started for the tests, or skip."""
    found = os.environ.get(name, "")
    if not found:
        unavailable(f"no {what}: run the tests with `make test`, which starts one")
    return found


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A PostgreSQL database on loopback; a test makes schemas or databases of its own in it."""
    return _given("MOOTHALL_TEST_POSTGRES", "PostgreSQL server")


@pytest.fixture(scope="session")
def mqtt_url() -> str:
    """A Mosquitto broker on loopback; a test uses topics of its own."""
    return _given("MOOTHALL_TEST_MQTT", "Mosquitto broker")


@pytest.fixture(scope="session")
def mosquitto() -> str:
    """The path of Mosquitto's own program, for a test that needs a broker it can limit."""
    found = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        unavailable("Mosquitto is not installed")
    return str(found)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium to drive."""
    return _given("MOOTHALL_TEST_CHROMIUM", "Chromium")


@pytest.fixture
def lake(tmp_path: Path) -> "Iterator[Lake]":
    """Use a fresh, empty lake as this process's own."""
    from moothall.kernel.observations import lake as lakes

    fresh = lakes.Lake(
        database_url=f"sqlite:///{tmp_path / 'lake.sqlite3'}", store=str(tmp_path / "lake")
    )
    lakes.use(fresh)
    yield fresh
    lakes.use(None)
    fresh.database.close()


@pytest.fixture
def in_city(settings):
    """Run the house for one of our cities: `in_city("leeds")` returns its pack."""
    from moothall.kernel import packs

    def choose(name: str) -> "packs.Pack":
        settings.CITY_PACK = str(ROOT / "packs" / name)
        packs.current.cache_clear()
        return packs.current()

    yield choose
    packs.current.cache_clear()


@pytest.fixture
def sign_in(client):
    """Sign a new member of staff in: `sign_in("editor")`; they have a second factor."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    def as_role(role: str, *, second_factor: bool = True):
        people = get_user_model().objects
        person = people.create_user(f"{role}-{people.count()}@council.example")
        person.groups.add(Group.objects.get_or_create(name=role)[0])
        if second_factor:
            from allauth.mfa.models import Authenticator

            Authenticator.objects.create(
                user=person, type=Authenticator.Type.TOTP, data={"secret": "unused"}
            )
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return as_role


@pytest.fixture
def make_postgres(postgres_url: str) -> "Iterator[Callable[[], str]]":
    """Make empty PostgreSQL databases for this test, dropped after it."""
    import secrets

    import psycopg

    names: list[str] = []

    def make() -> str:
        names.append(f"moothall_{secrets.token_hex(6)}")
        with psycopg.connect(postgres_url, autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{names[-1]}"')
        return postgres_url.rpartition("/")[0] + f"/{names[-1]}"

    yield make
    with psycopg.connect(postgres_url, autocommit=True) as server:
        for name in names:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def own_postgres(make_postgres: "Callable[[], str]") -> str:
    """An empty PostgreSQL database of this test's own."""
    return make_postgres()
