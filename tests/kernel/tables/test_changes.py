"""What changed between two versions: by key where there is one, else whole rows."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moothall.kernel.observations import lake as lakes
from moothall.kernel.tables import changes, versions
from moothall.standards.tables import reading

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_lake(lake):
    return lake


def keep(text, name="table.t"):
    read = reading.read(text.encode(), name="t.csv")
    return versions.keep(
        name,
        read.table,
        columns=read.columns,
        faults=read.faults,
        raw="",
        form="CSV",
        geometry=None,
        now=NOW,
    )


def count(found):
    return (found.added, found.removed, found.changed)


def test_rows_are_told_apart_by_the_first_column_that_can():
    before = keep("kind,id,size\noak,1,10\noak,2,11\nash,3,12\n")
    after = keep("kind,id,size\noak,1,10\noak,2,99\nelm,4,13\n")
    found = changes.compare(before, after)
    assert found.key == "id"
    assert count(found) == (1, 1, 1)
    assert found.rows == (
        ("added", ("elm", "4", "13")),
        ("removed", ("ash", "3", "12")),
        ("before", ("oak", "2", "11")),
        ("after", ("oak", "2", "99")),
    )


def test_rows_without_a_key_are_added_and_removed_each_as_often_as_it_stands_there():
    before = keep("kind,size\noak,1\noak,1\nash,2\nash,2\n")
    after = keep("kind,size\noak,1\nash,2\nash,2\nash,2\n")
    found = changes.compare(before, after)
    assert found.key == ""
    assert count(found) == (1, 1, 0)


def test_where_in_the_file_a_row_stands_is_no_change_of_it():
    before = keep("id,n\n1,1\n2,2\n")
    after = keep("id,n\n\n\n1,1\n2,2\n")
    assert not changes.compare(before, after).any


def test_columns_that_come_go_and_change_their_type_are_named():
    before = keep("id,a,b\n1,1,1\n2,2,2\n")
    after = keep("id,b,c\n1,x,1\n2,y,2\n")
    found = changes.compare(before, after)
    assert found.columns_added == ("c",)
    assert found.columns_removed == ("a",)
    assert found.columns_retyped == ("b",)
    assert found.of_columns


def test_headings_of_any_sort_are_only_words():
    before = keep('"id"" ; DROP",select\n1,1\n2,2\n')
    after = keep('"id"" ; DROP",select\n1,1\n2,3\n')
    assert count(changes.compare(before, after)) == (0, 0, 1)


rows = st.dictionaries(st.integers(0, 30), st.integers(0, 3), min_size=1, max_size=12)


@settings(max_examples=25)
@given(rows, rows)
def test_what_is_told_is_what_differs(tmp_path_factory, old, new):
    folder = tmp_path_factory.mktemp("lake")
    lakes.use(lakes.Lake(database_url=f"sqlite:///{folder}/l.sqlite3", store=str(folder / "s")))
    texts = ["id,n\n" + "".join(f"k{k},{v}\n" for k, v in one.items()) for one in (old, new)]
    before, after = (keep(text) for text in texts)
    found = changes.compare(before, after, key="id")
    assert count(found) == (
        len(set(new) - set(old)),
        len(set(old) - set(new)),
        sum(old[k] != new[k] for k in set(old) & set(new)),
    )


def test_a_draft_erased_leaves_no_file_and_no_version(lake, tmp_path):
    keep("id\n1\n", name="draft.t")
    assert list((tmp_path / "lake" / "tables").rglob("*.parquet"))
    versions.erase("draft.t")
    assert not list((tmp_path / "lake" / "tables").rglob("*.parquet"))
    assert versions.list_versions("draft.t") == ()
