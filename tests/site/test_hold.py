"""A worker whose stores are in trouble waits, says so once, and goes on by itself."""

from datetime import UTC, datetime

import pytest

from moothall.kernel.feeds import trouble
from moothall.kernel.feeds.trouble import Trouble
from moothall.site.hold import LONGEST_S, Hold

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
FULL = Trouble(kind="full", detail="")


@pytest.fixture
def stores(lake, settings, tmp_path, monkeypatch):
    """Stores that are in trouble when they are told to be."""
    settings.STORES = tmp_path
    settings.RAW_STORE = str(tmp_path / "raw")
    state = {"now": None, "tries": 0}

    def try_out():
        state["tries"] += 1
        return state["now"]

    monkeypatch.setattr(trouble, "try_out", try_out)
    return state


@pytest.fixture
def hold():
    seconds = [0.0]
    made = Hold(steady=lambda: seconds[0])
    said: list[str] = []
    made.say = said.append
    return made, seconds, said


def test_nothing_is_held_while_all_is_well(stores, hold):
    made, _seconds, said = hold

    assert not any(made.holds(NOW) for _ in range(5))
    assert not made.note(ValueError("a broken parser"))
    assert not made.holds(NOW)
    assert (said, stores["tries"]) == ([], 0)


def test_it_waits_says_so_once_and_goes_on_when_there_is_room(stores, hold, caplog):
    made, seconds, said = hold
    stores["now"] = FULL
    assert made.note(OSError(28, "No space left on device"))

    for second in range(300):
        seconds[0] = float(second)
        assert made.holds(NOW)
    [line] = [one.msg for one in caplog.records if one.levelname == "ERROR"]
    assert "The disk is full" in str(line)
    assert trouble.told(NOW).kind == "full"
    # tried again, but later each time
    assert 15 <= stores["tries"] <= 20

    stores["now"] = None
    seconds[0] += LONGEST_S
    assert not made.holds(NOW)
    assert len(said) == 1
    assert trouble.told(NOW) is None


def test_trouble_that_comes_back_at_once_was_never_over(stores, hold):
    made, seconds, _said = hold
    for round_ in range(6):
        made.note(OSError(28, "No space left on device"))
        assert made.holds(NOW)
        waited = 0
        while made.holds(NOW):
            seconds[0] += 1
            waited += 1
        if round_ == 0:
            first = waited
    assert waited > 4 * first


def test_the_stores_are_not_tried_while_the_wait_lasts_whatever_the_clock_does(stores, hold):
    made, _seconds, _said = hold
    made.note(OSError(28, "No space left on device"))
    made.holds(NOW)

    assert made.holds(NOW.replace(year=2027))
    assert made.holds(NOW.replace(year=2025))
    assert stores["tries"] == 0
