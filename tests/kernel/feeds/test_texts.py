"""Texts from outside: what is harmless is kept to the letter, what is not never gets in."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.kernel.feeds import texts
from moothall.values.observations import Batch, Observation, Record, Series

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "River Aire at Crown Point",
        "હેરિટેજ — نہر\nsecond line\tand a tab",
        "Open: Mo-Fr 08:00-18:00",
        "Data: held by the council",
        "JavaScript: a course for beginners",
        "https://example.org/?q=javascript:alert(1)",
        "<script>alert(1)</script>",
        "👩‍👩‍👧 family",
        "",
    ],
)
def test_what_a_page_can_show_is_kept_to_the_letter(text):
    assert texts.clean(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("javascript:alert(1)", ""),
        (" \tJaVa\nScRiPt:alert(1)", ""),
        ("\x01javascript:alert(1)", ""),
        ("java\u202escript:alert(1)", ""),
        ("vbscript:msgbox", ""),
        ("data:text/html,<script>alert(1)</script>", ""),
        ("ab\x00c\x1b[31m", "abc[31m"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("lone \ud800 half", "lone  half"),
    ],
)
def test_what_runs_hides_or_breaks_is_left_out(text, kept):
    assert texts.clean(text) == kept


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_whatever_comes_out_can_be_stored_and_stays_as_it_is(text):
    kept = texts.clean(text)
    kept.encode("utf-8")
    assert "\x00" not in kept
    assert texts.clean(kept) == kept


def test_an_address_is_read_as_a_browser_would_read_it():
    assert texts.clean("javascript: alert(1)", of="web_page") == ""
    assert texts.clean("https://example.org/data:x", of="url") == "https://example.org/data:x"


def test_every_text_of_a_batch_is_made_fit_and_each_change_is_an_issue():
    batch = Batch(
        series=(
            Series(
                key="probe.a.level_m",
                title="A\x00",
                unit="m",
                observed_property="level",
                thing="A",
                source_url="javascript:alert(1)",
            ),
        ),
        observations=(Observation(series="probe.a.level_m", at=NOW, result="hi\u202egh"),),
        records=(
            Record(kind="probe.thing", id="one\x00", from_at=NOW, fields={"url": "data:x/y,z"}),
            Record(kind="probe.thing", id="x" * 301, from_at=NOW, fields={}),
            Record(kind="probe.thing", id="two", from_at=NOW, fields={"size": 2, "name": "Two"}),
        ),
    )
    kept = texts.clean_batch(batch)
    assert (kept.series[0].title, kept.series[0].source_url) == ("A", "")
    assert kept.observations[0].result == "high"
    assert [(one.id, one.fields) for one in kept.records] == [
        ("one", {"url": ""}),
        ("two", {"size": 2, "name": "Two"}),
    ]
    assert kept.records[1] is batch.records[2]
    assert len(kept.issues) == 6


def test_a_batch_of_which_nothing_is_wrong_is_handed_on_as_it_is():
    batch = Batch(observations=(Observation(series="probe.a.level_m", at=NOW, result=1.0),))
    assert texts.clean_batch(batch) is batch
