"""A fact's row is made once for everybody; what is said of somebody's ground is not kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from moothall.ui import cells
from moothall.values.facts import Fact
from moothall.values.places import Point

NOON = datetime(2026, 3, 1, 12, 0, 20, tzinfo=UTC)
GAUGE = Fact(
    label="<b>Old bridge</b>",
    value="0.66",
    unit="m",
    at=NOON - timedelta(minutes=4),
    series="wells.old_bridge.level_m",
    point=Point(lon=-1.5, lat=53.8),
)


@pytest.fixture
def made(monkeypatch):
    facts = []
    make = cells._make
    monkeypatch.setattr(cells, "_make", lambda fact, now: (facts.append(fact), make(fact, now))[1])
    cells._kept.cache_clear()
    yield facts
    cells._kept.cache_clear()


def test_the_same_fact_is_written_once_however_far_away_it_is(made):
    first = cells.fact_row(replace(GAUGE, distance_m=340.0), NOON)
    again = cells.fact_row(replace(GAUGE, distance_m=12_000.0), NOON + timedelta(seconds=9))

    assert len(made) == 1
    assert first.replace("340 m away", "12.0 km away") == again != first
    assert "0.66" in first
    assert "&lt;b&gt;" in first


def test_it_is_written_anew_for_another_minute_language_or_value(made):
    cells.fact_row(GAUGE, NOON)
    cells.fact_row(GAUGE, NOON + timedelta(minutes=1))
    cells.fact_row(replace(GAUGE, value="0.67"), NOON)
    with translation.override("ur"):
        cells.fact_row(GAUGE, NOON)
    assert len(made) == 4


def test_what_is_said_of_the_ground_where_somebody_is_is_not_kept(made):
    ground = Fact(label="Deprivation of the small area Leeds 111B", record="E01", dataset="x.y")
    assert cells.fact_row(ground, NOON) == cells.fact_row(ground, NOON)
    assert len(made) == 2
    assert cells._kept.cache_info().currsize == 0
