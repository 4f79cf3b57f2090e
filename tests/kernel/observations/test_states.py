"""All that one page reads is of one state of the lake, and asked once."""

import threading
from datetime import UTC, datetime

import pytest

from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.states import held, one_state
from moothall.values.observations import Batch, Observation, Series

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = "wells.old_bridge.level_m"
SERIES = Series(
    key=KEY,
    title="Level",
    unit="m",
    observed_property="water level",
    thing="Old bridge",
    procedure="spot",
)


def tell(lake, level, key):
    said = Observation(series=KEY, at=NOON, result=level)
    lake.append(Batch(observations=(said,), series=(SERIES,)), feed="wells.x", key=key, now=NOON)


def tell_elsewhere(lake, level, key):
    """Another process would; here, another thread with a connection of its own."""
    thread = threading.Thread(target=lambda: (tell(lake, level, key), lake.database.close()))
    thread.start()
    thread.join()


@pytest.fixture
def ran(monkeypatch):
    statements = []
    run = Cursor._run
    monkeypatch.setattr(
        Cursor, "_run", lambda self, sql, of: (statements.append(sql), run(self, sql, of))[1]
    )
    return statements


def test_what_comes_meanwhile_is_not_seen_before_the_next_page(any_lake):
    tell(any_lake, 1.0, "1")
    with one_state():
        assert any_lake.find_latest(KEY).observation.result == 1.0
        tell_elsewhere(any_lake, 2.0, "2")
        assert any_lake.find_latest(KEY).observation.result == 1.0
        assert any_lake.last_change() == any_lake.find_latest(KEY).segment
    assert any_lake.find_latest(KEY).observation.result == 2.0


def test_a_page_that_began_before_another_read_on_keeps_to_its_state_and_spoils_nothing(any_lake):
    tell(any_lake, 1.0, "1")
    seen = []
    with one_state():
        any_lake.last_change()
        tell_elsewhere(any_lake, 2.0, "2")
        other = threading.Thread(
            target=lambda: (seen.append(any_lake.find_latest(KEY)), any_lake.database.close())
        )
        other.start()
        other.join()
        assert any_lake.find_latest(KEY).observation.result == 1.0
    assert seen[0].observation.result == 2.0
    assert any_lake.newest._state[0] == seen[0].segment


def test_the_same_question_is_asked_once(any_lake, ran):
    tell(any_lake, 1.0, "1")
    with one_state():
        first = any_lake.last_change(), any_lake.find_series(KEY), any_lake.list_kinds()
        asked = len(ran)
        again = any_lake.last_change(), any_lake.find_series(KEY), any_lake.list_kinds()
        assert len(ran) == asked
    assert first == again


def test_a_write_of_ones_own_is_seen_at_once(any_lake):
    tell(any_lake, 1.0, "1")
    with one_state():
        assert any_lake.find_latest(KEY).observation.result == 1.0
        tell(any_lake, 2.0, "2")
        assert any_lake.find_latest(KEY).observation.result == 2.0


def test_nothing_is_held_after_the_page_nor_after_its_fault(any_lake):
    with pytest.raises(ZeroDivisionError), one_state():
        any_lake.last_change() / 0
    assert held() is None
    tell_elsewhere(any_lake, 2.0, "2")
    assert any_lake.last_change() == 1


def test_a_question_that_fails_does_not_spoil_those_after_it(any_lake):
    with one_state():
        any_lake.last_change()
        with pytest.raises(any_lake.database.failures), any_lake.database.reading() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
        assert any_lake.last_change() == 0
