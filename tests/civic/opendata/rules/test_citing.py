"""A citation is one sentence, or one entry that no title can break."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from moothall.civic.opendata.rules.citing import Cited, in_bibtex, in_words


def cited(title="Trees", publisher="Parks", version="2"):
    return Cited(
        name="table.trees",
        title=title,
        publisher=publisher,
        on=date(2026, 1, 5),
        version=version,
        address="https://open.example/data/table.trees/?version=2",
        seen_on=date(2026, 2, 1),
    )


def test_a_citation_names_publisher_year_title_version_day_and_address():
    assert in_words(cited()) == (
        "Parks (2026). Trees [Dataset]. Version 2. 2026-01-05."
        " https://open.example/data/table.trees/?version=2 (seen 2026-02-01)"
    )
    assert "version" not in in_words(cited(version="")).partition("?")[0].lower()


@given(st.text(), st.text())
def test_no_title_opens_or_closes_a_brace_of_bibtex(title, publisher):
    entry = in_bibtex(cited(title, publisher)).replace(r"\{", "").replace(r"\}", "")
    entry = entry.replace(r"\textbackslash{}", "").replace(r"\textasciitilde{}", "")
    entry = entry.replace(r"\textasciicircum{}", "")
    assert entry.count("{") == entry.count("}")
    assert entry.count("\n") == in_bibtex(cited()).count("\n")
