"""What stands as newest: the same for who wrote it, who follows it and who has just come."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from moothall.kernel.observations import blocks, database, schema
from moothall.kernel.observations.entries import micros, observe
from moothall.kernel.observations.lake import Lake
from moothall.values.observations import Batch, Observation, Origin, Quality, Series

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MANY = 2 * blocks.SERIES + 7


def series(number: int, title: str = "") -> Series:
    return Series(
        key=f"wells.well_{number:03}.level_m", title=title, unit="m", observed_property="level",
        thing=f"Well {number}", lon=-1.5, lat=53.8,
    )  # fmt: skip


def said(number: int, minute: int, result: float | str, **more: object) -> Observation:
    at = NOON + timedelta(minutes=minute)
    return Observation(series=series(number).key, at=at, result=result, **more)  # type: ignore[arg-type]


def seen(lake: Lake) -> dict[str, Observation]:
    return {one.series.key: one.observation for one in lake.list_latest()}


def test_writer_follower_and_newcomer_see_the_same(database_url: str, tmp_path: Path) -> None:
    chance = random.Random(7)
    writers = [Lake(database_url=database_url, store=str(tmp_path / "s")) for _ in range(2)]
    follower = Lake(database_url=database_url, store=str(tmp_path / "s"))
    everything = tuple(series(number) for number in range(MANY))
    held: dict[str, Observation] = {}
    for turn in range(25):
        some = chance.sample(range(MANY), chance.choice((1, 3, MANY)))
        facts = [
            said(
                number,
                chance.randrange(100),
                chance.choice((float(chance.randrange(9)), "rising", "fallen — «low»")),
                quality=chance.choice(list(Quality)),
                origin=chance.choice((Origin.LIVE, Origin.REPLAYED)),
            )
            for number in some
        ]
        batch = Batch(observations=tuple(facts), series=everything)
        chance.choice(writers).append(batch, feed="wells.levels", key=str(turn), now=NOON)
        for fact in facts:
            if fact.series not in held or fact.at >= held[fact.series].at:
                held[fact.series] = fact
        newcomer = Lake(database_url=database_url, store=str(tmp_path / "s"))
        assert seen(newcomer) == held
        assert seen(follower) == held
        newcomer.database.close()
        with follower.database.reading() as cursor:
            # Asked of the database alone, as a lake of very many series is.
            follower.newest._too_many = True
            assert {one.series.key for one in follower.newest.list(cursor)} == held.keys()
            follower.newest._too_many = False
    for lake in (*writers, follower):
        lake.database.close()


def test_what_a_series_now_says_of_itself_is_seen_by_who_had_read_it(
    database_url: str, tmp_path: Path
) -> None:
    one, other = (Lake(database_url=database_url, store=str(tmp_path / "s")) for _ in range(2))
    batch = Batch(observations=(said(1, 0, 1.0),), series=(series(1), series(2)))
    one.append(batch, feed="wells.levels", key="1", now=NOON)
    assert [found.series.title for found in other.list_latest()] == [""]
    one.append(Batch(series=(series(1, "Old well"),)), feed="wells.levels", key="2", now=NOON)
    assert [found.series.title for found in other.list_latest()] == ["Old well"]
    one.append(Batch(observations=(said(2, 0, 2.0),)), feed="wells.levels", key="3", now=NOON)
    assert [found.series.key for found in other.list_latest()] == [series(1).key, series(2).key]
    one.database.close()
    other.database.close()


def test_a_series_declared_again_as_it_was_is_no_change(any_lake: Lake, tmp_path: Path) -> None:
    any_lake.append(Batch(series=(series(1),)), feed="wells.levels", key="1", now=NOON)
    begun = Lake(database_url=any_lake.database.url, store=str(tmp_path / "s"))
    begun.append(Batch(series=(series(1),)), feed="wells.levels", key="2", now=NOON)
    with begun.database.reading() as cursor:
        cursor.execute("SELECT at FROM spoken WHERE feed = ''")
        assert cursor.fetchall() == [(1,)]
    begun.database.close()


def test_the_first_and_last_instant_of_a_series_are_known(any_lake: Lake) -> None:
    facts = (said(1, 5, 1.0), said(1, 9, 2.0), said(150, 7, "dry"))
    declared = (series(1), series(2), series(150))
    any_lake.append(Batch(observations=facts, series=declared), feed="wells.l", key="1", now=NOON)
    any_lake.append(Batch(observations=(said(1, -3, 0.5),)), feed="wells.l", key="2", now=NOON)
    spans = {entry.series.key: (entry.first_at, entry.last_at) for entry in any_lake.list_series()}
    assert spans == {
        series(1).key: (said(1, -3, 0).at, said(1, 9, 0).at),
        series(2).key: (None, None),
        series(150).key: (said(1, 7, 0).at, said(1, 7, 0).at),
    }


def test_a_lake_of_before_the_blocks_is_brought_up_to_date(
    database_url: str, tmp_path: Path
) -> None:
    db = database.open(database_url)
    db.migrate("observations", schema.STEPS[:2])
    with db.transaction() as cursor:
        cursor.execute(
            "INSERT INTO segment (stream, feed, key, raw, received_at, origin, rows, late,"
            " checksum) VALUES ('observations', 'wells.levels', '1', 'ab', ?, 0, 3, 0, 0)",
            (micros(NOON),),
        )
        for number in (1, 2, 200):
            one = series(number)
            cursor.execute(
                "INSERT INTO series (key, feed, title, unit, observed_property, thing, thing_id,"
                " procedure, source_url) VALUES (?, 'wells.levels', '', 'm', 'level', ?, '', '',"
                " '')",
                (one.key, one.thing),
            )
        for number, value, text in ((1, 1.5, None), (3, None, "dry")):
            cursor.execute(
                "INSERT INTO latest VALUES (?, ?, ?, ?, ?, 1, 0, 1, ?)",
                (number, micros(NOON), micros(NOON) + 60, value, text, micros(NOON) - 5),
            )
    db.close()
    lake = Lake(database_url=database_url, store=str(tmp_path / "s"))
    found = {one.series.key: one for one in lake.list_latest()}
    assert [one.observation.result for one in found.values()] == [1.5, "dry"]
    assert {one.raw for one in found.values()} == {"ab"}
    assert all(one.observation.until is not None for one in found.values())
    assert lake.list_series()[0].first_at == NOON - timedelta(microseconds=5)
    lake.append(Batch(observations=(said(2, 1, 7.0),)), feed="wells.levels", key="2", now=NOON)
    assert len(lake.list_latest()) == 3
    lake.database.close()


@pytest.mark.parametrize("result", [1.5, "rising"])
@pytest.mark.parametrize("until", [None, NOON + timedelta(minutes=1)])
def test_an_observation_made_in_haste_is_the_one_made_with_care(
    result: float | str, until: datetime | None
) -> None:
    (made,) = observe(
        series=[series(1).key], at=[NOON], until=[until], result=[result], quality=[2], origin=[1]
    )
    assert made == Observation(
        series=series(1).key, at=NOON, until=until, result=result, quality=Quality.ESTIMATED,
        origin=Origin.REPLAYED,
    )  # fmt: skip
    assert made.quality is Quality.ESTIMATED
    assert made.origin is Origin.REPLAYED


def test_what_is_newest_is_the_same_whichever_is_looked_at_first(
    any_lake: Lake,
) -> None:
    facts = tuple(said(number, number % 7, float(number)) for number in range(MANY))
    declared = tuple(series(number) for number in range(MANY))
    any_lake.append(Batch(observations=facts, series=declared), feed="wells.l", key="1", now=NOON)
    listed = any_lake.list_latest()
    assert [listed[place].observation for place in (MANY - 1, 0, 64)] == [
        facts[MANY - 1], facts[0], facts[64],
    ]  # fmt: skip
    assert tuple(one.observation for one in listed) == facts
    assert any_lake.list_latest(keys=[facts[70].series])[0] == listed[70]
    assert any_lake.list_latest(keys=[facts[70].series])[0] != listed[71]
