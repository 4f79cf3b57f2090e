"""A made-up city in the registry, and a lake of the test's own."""

import importlib.util
from pathlib import Path

import pytest

from moothall.kernel import packs
from moothall.kernel.keeping import kept
from moothall.kernel.observations import lake
from moothall.kernel.registry import house
from moothall.ui import frame

_SPEC = importlib.util.spec_from_file_location(
    "invented_city", Path(__file__).with_name("invented_city.py")
)
invented = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(invented)


PACKS = Path(__file__).resolve().parents[2] / "packs"


@pytest.fixture
def city(tmp_path, settings):
    """The invented services alone in the house, in Leeds; what was there comes back after."""
    settings.CITY_PACK = str(PACKS / "leeds")
    packs.current.cache_clear()
    before, feeds = house.services, house._feeds
    own = lake.Lake(database_url=f"sqlite:///{tmp_path}/lake.sqlite3", store=str(tmp_path / "lake"))
    previous = lake.current()
    lake.use(own)
    house.fill((invented.service(), invented.broken_service()))
    kept.forget()
    frame.forget()
    yield invented
    house.services, house._feeds = before, feeds
    lake.use(previous)
    packs.current.cache_clear()
    kept.forget()
    frame.forget()
