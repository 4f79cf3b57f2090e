"""A line of the log is one JSON object, whoever wrote it."""

import json
import logging
from logging.config import DictConfigurator

import pytest
import structlog

from moothall.site import logs


@pytest.fixture
def written(capsys):
    """Return what a logger of ours and a library's wrote, line by line."""
    given = logs.configuration(as_json=True, level="INFO")
    configured = DictConfigurator(given)
    handler = logs.Errors()
    handler.setFormatter(configured.configure_formatter(dict(given["formatters"]["line"])))
    logger = logging.getLogger("house.test")
    logger.addHandler(handler)
    logger.setLevel("INFO")
    logger.propagate = False

    def lines() -> list[dict[str, object]]:
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    yield lines
    logger.removeHandler(handler)


def test_ours_and_a_librarys_lines_are_alike(written):
    structlog.get_logger("house.test").info("feed.ran", feed="x.y", rows=4)
    logging.getLogger("house.test").warning("odd %s", "thing")

    ours, theirs = written()
    assert (ours["event"], ours["feed"], ours["rows"], ours["level"]) == (
        "feed.ran",
        "x.y",
        4,
        "info",
    )
    assert (theirs["event"], theirs["level"], theirs["logger"]) == (
        "odd thing",
        "warning",
        "house.test",
    )
    assert str(ours["timestamp"]).endswith("Z")


def test_a_traceback_is_one_line_with_nothing_personal_in_it(written):
    try:
        raise ValueError("jo@example.org of LE1 1AA")
    except ValueError:
        logging.getLogger("house.test").exception("it broke")

    (line,) = written()
    assert "ValueError: [e-mail] of [postcode]" in str(line["exception"])
