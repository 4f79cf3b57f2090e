"""What is kept is kept only as long as it is true."""

import gzip
import threading
from datetime import UTC, datetime, timedelta

from django.utils import translation

from moothall.portal import keeping
from moothall.portal.keeping import Keeper
from moothall.portal.queries import maps

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Lake:
    """Says how often it changed, and counts how often it is asked."""

    def __init__(self):
        self.change, self.asked = 1, 0

    def last_change(self):
        self.asked += 1
        return self.change


def made(keeper, name="page", now=NOON):
    calls = []
    value = keeper.keep(name, now, lambda: calls.append(1) or f"{name} {now.isoformat()}")
    return value, len(calls)


def test_a_thing_is_made_once_while_nothing_changes():
    keeper = Keeper(Lake().last_change)
    assert made(keeper)[1] == 1
    assert made(keeper)[1] == 0
    assert made(keeper, now=NOON + timedelta(seconds=30))[1] == 0


def test_it_is_made_anew_when_the_minute_or_the_lake_changes():
    lake = Lake()
    keeper = Keeper(lake.last_change)
    made(keeper)
    assert made(keeper, now=NOON + timedelta(minutes=1))[1] == 1
    lake.change = 2
    assert made(keeper, now=NOON + timedelta(minutes=1, seconds=1))[1] == 0
    assert made(keeper, now=NOON + timedelta(minutes=1, seconds=2))[1] == 1


def test_each_language_has_its_own():
    keeper = Keeper(Lake().last_change)
    with translation.override("en-gb"):
        made(keeper)
    with translation.override("ur"):
        assert made(keeper)[1] == 1


def test_the_lake_is_not_asked_more_often_than_every_other_second():
    lake = Lake()
    keeper = Keeper(lake.last_change)
    for _ in range(500):
        made(keeper)
    assert lake.asked == 1


def test_only_so_much_is_kept_and_the_longest_unused_goes_first(monkeypatch):
    monkeypatch.setattr(keeping, "MOST", 3)
    keeper = Keeper(Lake().last_change)
    for name in "abc":
        made(keeper, name)
    made(keeper, "a")
    made(keeper, "d")
    assert made(keeper, "a")[1] == 0
    assert made(keeper, "b")[1] == 1
    assert len(keeper._kept) == 3
    assert len(keeper._making) <= 4


def test_while_one_makes_it_the_others_get_the_last_one_and_do_not_wait():
    keeper = Keeper(Lake().last_change)
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
    keeper = Keeper(Lake().last_change)
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
    keeper = Keeper(Lake().last_change)

    def fail():
        raise RuntimeError("no")

    for _ in range(2):
        try:
            keeper.keep("page", NOON, fail)
        except RuntimeError:
            continue
        raise AssertionError("the failure was swallowed")
    assert keeper.keep("page", NOON, lambda: "well") == "well"


def test_a_tag_on_a_link_neither_makes_a_page_anew_nor_reaches_the_next_reader(
    client, city, monkeypatch
):
    made = []
    monkeypatch.setattr(
        keeping, "_weigh", lambda body: made.append(body) or (body, gzip.compress(body))
    )
    first = client.get("/now/?fbclid=of-one-person").content.decode()
    second = client.get("/now/?utm_source=x").content.decode()

    assert len(made) == 1
    assert "of-one-person" not in first
    assert first == second


def test_layers_are_kept_one_by_one_however_they_are_asked_for(client, city):
    together = client.get("/now/features.geojson").json()["features"]
    names = sorted(maps.list_layer_ids())
    alone = [client.get(f"/now/features.geojson?layers={name}").json() for name in names]
    both = client.get(f"/now/features.geojson?layers={','.join(reversed(names))},none").json()

    assert [one for said in alone for one in said["features"]] == together == both["features"]
    assert {key[0] for key in keeping.kept._kept if key[0][0] == "features"} == {
        ("features", name) for name in names
    }
