"""`moothall feeds` says how each feed does, runs one, checks all, and hands out keys."""

import json

from moothall.site.cli.feeds import app

LEVEL = "flood.l1707.level_m"


def test_the_list_names_each_feed_that_is_on_and_no_other(city, call):
    done = call(app, "list")

    assert done.exit_code == 0
    assert done.output.split()[:2] == ["flood.readings", "waiting"]
    assert len(done.output.splitlines()) == 1


def test_a_run_says_what_came_and_leaves_it_in_the_lake(city, call, lake):
    done = call(app, "run", "flood.readings")

    assert done.exit_code == 0
    assert done.output.endswith(
        "flood.readings: good, replayed; 1 observations, 0 records, 0 duplicates, 0 issues.\n"
    )
    assert lake.find_latest(LEVEL).observation.result == 0.66
    assert "never" not in call(app, "list").output


def test_a_run_tells_each_issue(city, call, recording):
    items = [{"measure": "x-L1707-level-stage-i-15_min-m", "value": 1}, 7]
    (recording / "readings.json").write_text(json.dumps({"items": items}))

    done = call(app, "run", "flood.readings")

    assert "items[1]" in done.output
    assert "1 issues" in done.output


def test_a_run_of_what_cannot_be_read_ends_with_1(city, call, recording, settings):
    settings.PRODUCTION = True  # no stand-in speaks
    (recording / "readings.json").write_text("<html>")

    done = call(app, "run", "flood.readings")

    assert done.exit_code == 1
    assert "could not be read" in done.output


def test_a_feed_that_is_not_on_is_refused_by_name(city, call):
    done = call(app, "run", "flood.levels")

    assert done.exit_code == 2
    assert "No feed called flood.levels is on in this city. There are: flood.readings" in (
        done.output
    )


def test_a_check_asks_all_and_stores_no_facts(city, call, lake, recording):
    assert call(app, "check").output == "flood.readings: 1 facts, 0 issues\n"
    assert lake.find_latest(LEVEL) is None

    (recording / "readings.json").write_text("<html>")
    done = call(app, "check")
    assert done.exit_code == 1
    assert done.output.startswith("flood.readings: the whole payload could not be read")


def test_a_key_is_shown_once_and_can_be_taken_away(city, call):
    made = call(app, "key", "flood.readings", "--label", "the weir")

    assert made.exit_code == 0
    assert len(made.output.strip()) >= 32
    forget = ("key", "flood.readings", "--label", "the weir", "--forget")
    assert call(app, *forget).output == "1 keys forgotten.\n"
    assert call(app, *forget).output == "0 keys forgotten.\n"
    assert call(app, "key", "flood.nothing", "--label", "x").exit_code == 2
