"""What is kept is kept only as long as it is true."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from moothall.kernel import keeping
from moothall.kernel.keeping import Keeper
from moothall.values.observations import Batch, Observation, Series

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Lake:
    """Says how often it changed, and counts how often it is asked."""

    def __init__(self):
        self.change, self.asked, self.whose = 1, 0, None

    def look(self, after):
        self.asked += 1
        return self.change, frozenset() if after == self.change else self.whose


def made(keeper, name="page", now=NOON):
    calls = []
    value = keeper.keep(name, now, lambda: calls.append(1) or f"{name} {now.isoformat()}")
    return value, len(calls)


def test_a_thing_is_made_once_while_nothing_changes():
    keeper = Keeper(Lake().look)
    assert made(keeper)[1] == 1
    assert made(keeper)[1] == 0
    assert made(keeper, now=NOON + timedelta(seconds=30))[1] == 0


def test_it_is_made_anew_when_the_minute_or_the_lake_changes():
    lake = Lake()
    keeper = Keeper(lake.look)
    made(keeper)
    assert made(keeper, now=NOON + timedelta(minutes=1))[1] == 1
    lake.change = 2
    assert made(keeper, now=NOON + timedelta(minutes=1, seconds=1))[1] == 0
    assert made(keeper, now=NOON + timedelta(minutes=1, seconds=2))[1] == 1


def test_what_tells_of_no_time_stands_until_the_lake_changes():
    lake = Lake()
    keeper = Keeper(lake.look)
    calls = []

    def keep(now):
        return keeper.keep("index", now, lambda: calls.append(now) or len(calls), ages=False)

    assert (keep(NOON), keep(NOON + timedelta(days=1))) == (1, 1)
    lake.change = 2
    assert keep(NOON + timedelta(days=1, seconds=3)) == 2


def test_each_language_has_its_own():
    keeper = Keeper(Lake().look)
    with translation.override("en-gb"):
        made(keeper)
    with translation.override("ur"):
        assert made(keeper)[1] == 1


def test_the_lake_is_not_asked_more_often_than_every_other_second():
    lake = Lake()
    keeper = Keeper(lake.look)
    for _ in range(500):
        made(keeper)
    assert lake.asked == 1


def test_only_so_much_is_kept_and_the_longest_unused_goes_first(monkeypatch):
    monkeypatch.setattr(keeping, "MOST", 3)
    keeper = Keeper(Lake().look)
    for name in "abc":
        made(keeper, name)
    made(keeper, "a")
    made(keeper, "d")
    assert made(keeper, "a")[1] == 0
    assert made(keeper, "b")[1] == 1
    assert len(keeper._kept) == 3
    assert len(keeper._making) <= 4


def test_while_one_makes_it_the_others_get_the_last_one_and_do_not_wait():
    keeper = Keeper(Lake().look)
    keeper.keep("page", NOON, lambda: "old")
    begun, go_on = threading.Event(), threading.Event()
    later = NOON + timedelta(minutes=1)

    def slow():
        begun.set()
        assert go_on.wait(10)
        return "new"

    thread = threading.Thread(target=lambda: keeper.keep("page", later, slow))
    thread.start()
    assert begun.wait(10)
    assert keeper.keep("page", later, lambda: "never") == "old"
    go_on.set()
    thread.join(10)
    assert keeper.keep("page", later, lambda: "never") == "new"


def test_a_thing_long_out_of_date_is_not_served_while_the_new_one_is_made():
    keeper = Keeper(Lake().look)
    keeper.keep("page", NOON, lambda: "old")
    begun, go_on = threading.Event(), threading.Event()
    later = NOON + timedelta(hours=1)

    def slow():
        begun.set()
        assert go_on.wait(10)
        return "new"

    answers = []
    threads = [threading.Thread(target=lambda: answers.append(keeper.keep("page", later, slow)))]
    threads[0].start()
    assert begun.wait(10)
    threads.append(
        threading.Thread(target=lambda: answers.append(keeper.keep("page", later, lambda: "x")))
    )
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert answers == ["new", "new"]


def test_a_failure_is_not_kept():
    keeper = Keeper(Lake().look)

    def fail():
        raise RuntimeError("no")

    for _ in range(2):
        try:
            keeper.keep("page", NOON, fail)
        except RuntimeError:
            continue
        raise AssertionError("the failure was swallowed")
    assert keeper.keep("page", NOON, lambda: "well") == "well"


def test_what_tells_of_one_service_outlasts_the_changes_of_another():
    lake = Lake()
    keeper = Keeper(lake.look)

    def rivers(second):
        made = []
        keeper.keep("r", NOON + timedelta(seconds=second), lambda: made.append(1), about=("flood",))
        return len(made)

    def whole(second):
        made = []
        keeper.keep("w", NOON + timedelta(seconds=second), lambda: made.append(1))
        return len(made)

    assert (rivers(0), whole(0)) == (1, 1)
    lake.change, lake.whose = 2, frozenset({"air"})
    assert (rivers(3), whole(3)) == (0, 1)
    lake.change, lake.whose = 3, frozenset({"flood"})
    assert (rivers(6), whole(6)) == (1, 1)
    lake.change, lake.whose = 4, frozenset({"places"})
    assert (rivers(9), whole(9)) == (1, 1)
    lake.change, lake.whose = 5, None
    assert (rivers(12), whole(12)) == (1, 1)
    assert (rivers(15), whole(15)) == (0, 0)


def test_names_that_fail_leave_nothing_behind():
    keeper = Keeper(Lake().look)
    for name in range(50):
        with pytest.raises(LookupError):
            keeper.keep(name, NOON, lambda: {}["nothing"])
    assert not keeper._making


@pytest.mark.parametrize("many", [1, 4])
def test_the_lake_says_whose_feeds_brought_something(lake, many, monkeypatch):
    monkeypatch.setattr(keeping, "_MOST_CHANGES", 3)

    def tell(feed):
        said = Observation(series=f"{feed}.x.y", at=NOON, result=1.0)
        declared = Series(
            key=said.series, title="", unit="1", observed_property="", thing="", procedure=""
        )
        key = f"{feed} {lake.last_change()}"
        batch = Batch(observations=(said,), series=(declared,))
        lake.append(batch, feed=f"{feed}.readings", key=key, now=NOON)

    tell("wells")
    before = lake.last_change()
    assert keeping.look(before) == (before, frozenset())
    for _ in range(many):
        tell("springs")

    assert keeping.look(before) == (before + many, frozenset({"springs"}) if many < 3 else None)
    assert keeping.look(0) == keeping.look(before + many + 9) == (before + many, None)
