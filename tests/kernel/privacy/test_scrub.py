"""Nothing of where someone lives, or who they are, gets into the log."""

import logging
import sys
from logging.config import DictConfigurator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.kernel.privacy.scrub import scrub, scrub_event

AREAS = st.sampled_from(["LE", "LS", "M", "B", "SW", "EC", "G"])
UNITS = st.text("ABDEFGHJLNPQRSTUWXYZ", min_size=2, max_size=2)
POSTCODES = st.builds(
    "{}{}{}{}{}".format,
    AREAS,
    st.sampled_from(["1", "2", "17", "1A"]),
    st.sampled_from(["", " ", "+", "%20"]),
    st.integers(0, 9),
    UNITS,
)


@given(POSTCODES, st.sampled_from(["{}", "near {} now", "/near/?postcode={}&x=1", "({})", "{},"]))
def test_a_postcode_is_taken_out_however_it_is_written(postcode, words):
    for written in (postcode, postcode.lower()):
        assert written not in scrub(words.format(written))


@given(
    st.floats(-89, 89).map(lambda value: f"{value:.5f}"),
    st.floats(-179, 179).map(lambda value: f"{value:.5f}"),
    st.sampled_from(["{},{}", "{}, {}", "{}%2C{}", "lat={}&lon={}", "{{'lat': {}, 'lon': {}}}"]),
)
def test_coordinates_are_taken_out(lat, lon, words):
    scrubbed = scrub(words.format(lat, lon))

    assert lat.lstrip("-") not in scrubbed
    assert lon.lstrip("-") not in scrubbed


@pytest.mark.parametrize(
    ("line", "scrubbed"),
    [
        ("to jo.bloggs+city@example.org.uk failed", "to [e-mail] failed"),
        ("from 203.0.113.9 at 09:15", "from [address] at 09:15"),
        ("river level 1.243 m, 4 gauges", "river level 1.243 m, 4 gauges"),
        ("L1707 and series flood.aire.level_m", "L1707 and series flood.aire.level_m"),
        ("2026-01-05T09:15:00+00:00 took 12.345 ms", "2026-01-05T09:15:00+00:00 took 12.345 ms"),
    ],
)
def test_a_line_keeps_what_is_nobodys(line, scrubbed):
    assert scrub(line) == scrubbed


def test_secrets_and_what_lies_deep_are_taken_out():
    event = scrub_event(
        None, "info", {"event": "x", "api_key": "s3", "at": {"where": ["LE1 1AA", 4]}}
    )

    assert event == {"event": "x", "api_key": "[secret]", "at": {"where": ["[postcode]", 4]}}


def test_an_error_with_a_postcode_is_scrubbed_in_the_log_itself(settings):
    given = settings.LOGGING["formatters"]["line"]
    formatter = DictConfigurator({"version": 1}).configure_formatter(dict(given))
    try:
        raise ValueError("no such place as LE2 7RG")
    except ValueError:
        record = logging.LogRecord(
            "moothall", logging.ERROR, __file__, 1, "at %s", ("52.6369,-1.1398",), sys.exc_info()
        )

    written = formatter.format(record)

    assert "LE2" not in written
    assert "52.6369" not in written
    assert "[postcode]" in written
