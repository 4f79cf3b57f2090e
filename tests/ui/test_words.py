"""The words of the pages in other languages."""

import re

import pytest
from babel.messages import pofile
from django.utils import translation

from moothall.ui import formats, words

HOLES = re.compile(r"%\((\w+)\)s")


def _read(path):
    with path.open("rb") as file:
        return pofile.read_po(file, locale=path.parents[1].name)


def test_there_is_a_catalogue_for_every_language_but_english():
    assert [path.parents[1].name for path in words.list_catalogues()] == ["gu", "ur"]


@pytest.mark.parametrize("path", words.list_catalogues(), ids=lambda path: path.parents[1].name)
def test_a_translation_fills_the_same_holes_and_says_that_it_is_a_draft(path):
    catalogue = _read(path)
    assert "DRAFT" in catalogue.header_comment
    done = 0
    for message in catalogue:
        if not message.id or not any(
            [*message.string] if message.pluralizable else [message.string]
        ):
            continue
        ids = message.id if message.pluralizable else (message.id,)
        strings = message.string if message.pluralizable else (message.string,)
        for each in strings:
            assert set(HOLES.findall(each)) == set(HOLES.findall(ids[-1])), message.id
            assert "<" not in each
        done += 1
    assert done >= 80


def test_the_frame_s_sentences_are_gathered():
    ids = {message.id for message in _read(words.LOCALE / "ur" / "LC_MESSAGES" / "django.po")}
    assert {"Skip to main content", "City now", "Search", "Near me"} <= ids


def test_compiling_twice_makes_nothing_new():
    words.compile_all()
    assert words.compile_all() == 0


@pytest.mark.parametrize("language", ["en-gb", "ur", "gu"])
def test_ages_and_distances_read_in_every_language(language, now):
    from datetime import timedelta

    words.compile_all()
    with translation.override(language):
        assert formats.age(now, now)
        for span in (timedelta(minutes=1), timedelta(hours=3), timedelta(days=5)):
            assert re.search(r"\d", formats.age(now - span, now))
        assert "340" in formats.distance(343)
        assert "1.2" in formats.distance(1234)
        assert formats.state_words("neutral") == ""
        assert formats.state_words("unknown")


@pytest.fixture
def now():
    from datetime import UTC, datetime

    return datetime(2026, 3, 1, 12, tzinfo=UTC)
