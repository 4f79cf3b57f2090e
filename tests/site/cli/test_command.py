"""Every command explains itself; scripts are answered in JSON."""

import json

import pytest
import typer
from typer.main import get_command

from moothall import __version__
from moothall.site.cli import app
from moothall.site.cli.feeds import app as feeds
from moothall.site.cli.lake import app as lake


def walk(command, path=()):
    """Yield every command with its path."""
    yield path, command
    for name, one in getattr(command, "commands", {}).items():
        yield from walk(one, (*path, name))


COMMANDS = dict(walk(get_command(app)))


@pytest.mark.django_db
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_that_says_what_it_does(call, path):
    answer = call(app, *path, "--help")

    assert answer.exit_code == 0
    assert COMMANDS[path].help.strip()
    assert "Traceback" not in answer.output
    for given in COMMANDS[path].params:
        assert getattr(given, "help", None), f"{' '.join(path)} {given.name} has no help"


def test_the_version_is_told(call):
    assert call(app, "--version").output == f"moothall {__version__}\n"


@pytest.mark.parametrize("words", [["runn"], ["run", "--prot", "1"], ["lake"], ["feeds"]])
def test_what_is_mistyped_ends_with_2_and_a_word_of_help(call, words):
    answer = call(app, *words)

    assert answer.exit_code == 2
    assert "Usage" in answer.output
    assert not isinstance(answer.exception, typer.Abort)


def test_scripts_are_answered_in_json(city, call):
    assert call(feeds, "run", "flood.readings").exit_code == 0
    (feed,) = json.loads(call(feeds, "list", "--json").output)
    assert (feed["name"], feed["failures"]) == ("flood.readings", 0)
    assert feed["last_run_at"]

    status = json.loads(call(lake, "status", "--json").output)
    assert status["rows"] == 1
    assert status["streams"][0]["hot_rows"] == 1

    found = json.loads(call(lake, "check", "--json").output)
    assert found["whole"] is True
    assert found["rows"] == 1
