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
        # "Every day" may leave out its number, as the English does; "every 3 days" may not.
        allowed = {frozenset(HOLES.findall(each)) for each in ids}
        assert {frozenset(HOLES.findall(each)) for each in strings[:-1]} <= allowed, message.id
        assert set(HOLES.findall(strings[-1])) == set(HOLES.findall(ids[-1])), message.id
        assert not any("<" in each for each in strings)
        done += 1
    assert done >= 80


def test_the_frame_s_sentences_are_gathered():
    ids = {message.id for message in _read(words.LOCALE / "ur" / "LC_MESSAGES" / "django.po")}
    assert {"Skip to main content", "City now", "Search", "Near me"} <= ids


def test_what_services_declare_is_gathered_and_drafted():
    """A menu, a layer and a dataset speak the language of the page, though no call marks them."""
    catalogue = _read(words.LOCALE / "ur" / "LC_MESSAGES" / "django.po")
    declared = {sentence for _, sentence in words.list_declared()}
    assert {"Rivers and floods", "Getting around", "River levels", "Postcodes"} <= declared
    for menu in ("Rivers and floods", "Air", "Electricity", "Getting around", "Open data"):
        assert catalogue[menu].string, menu


def test_a_sign_for_per_cent_is_never_taken_for_a_hole():
    """Templates fill every sentence, also one without a hole: a bare sign would break the page."""
    stray = re.compile(r"%(?!%|\(\w+\)[.0-9]*[sdf])")
    for path in words.list_catalogues():
        for message in _read(path):
            for each in (message.id, message.string):
                for text in each if isinstance(each, tuple | list) else (each,):
                    assert not stray.search(text.replace("%%", "")), text


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
