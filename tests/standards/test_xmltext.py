"""XML of strangers: read by its names, and nothing it points to is followed."""

import pytest

from moothall.standards.xmltext import read_xml


def test_elements_are_named_without_their_namespaces():
    root = read_xml(b'<a:park xmlns:a="urn:x"><!-- old --><?go?><b xmlns="urn:y">3</b></a:park>')

    assert [element.tag for element in root.iter()] == ["park", "b"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not readable XML"),
        (b"<a><b></a>", "not readable XML"),
        (b'{"a": 1}', "not readable XML"),
        (b"<a>" * 100_000, "not readable XML"),
        (b'<!DOCTYPE a SYSTEM "http://evil.example/a.dtd"><a/>', "document type"),
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', "document type"),
        (b'<!DOCTYPE a [<!ENTITY e "ha"><!ENTITY f "&e;&e;&e;">]><a>&f;</a>', "document type"),
    ],
)
def test_what_is_no_plain_document_is_refused_in_a_sentence(body, words):
    with pytest.raises(ValueError, match=words):
        read_xml(body)
