"""A question in SQL is answered, and nothing else is done, whatever it asks."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from moothall.kernel.confined import asking, inside
from moothall.kernel.confined.asking import UnableToAsk, ask


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """A table of three trees, and a file beside it that is nobody's business."""
    folder = tmp_path_factory.mktemp("trees")
    path = folder / "trees.parquet"
    pq.write_table(pa.table({"id": [1, 2, 3], "kind": ["oak", "ash", None]}), path)
    (folder / "secret.csv").write_text("a\n1\n")
    return {"trees": path}


def test_a_question_is_answered(trees):
    answer = ask("SELECT kind, count(*) AS n FROM trees GROUP BY 1 ORDER BY 1 NULLS LAST", trees)
    assert answer.rows == (("ash", 1), ("oak", 1), (None, 1))
    assert [name for name, _ in answer.columns] == ["kind", "n"]
    assert not answer.cut


def test_every_sort_of_value_comes_back(trees):
    answer = ask(
        "SELECT 1.5::DECIMAL(4,2), TIMESTAMPTZ '2026-01-05 12:00:00+00', DATE '2026-01-05', [1, 2],"
        " {'a': 1}, 'x'::BLOB, 'nan'::DOUBLE, 170141183460469231731687303715884105727::HUGEINT",
        trees,
    )
    assert answer.rows[0][:4] == (1.5, "2026-01-05T12:00:00Z", "2026-01-05", "[1, 2]")
    assert answer.rows[0][6] is None


def test_rows_are_cut_and_it_says_so(trees):
    answer = ask("SELECT * FROM range(100000)", trees, rows=10)
    assert (len(answer.rows), answer.cut) == (10, True)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM '{folder}/secret.csv'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')",
        "COPY (SELECT 1) TO '{folder}/trees.parquet'",
        "COPY trees TO '{folder}/new.csv'",
        "EXPORT DATABASE '{folder}/all'",
        "ATTACH '{folder}/new.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_paths = ['/etc/passwd']",
        "PRAGMA database_list",
        "CREATE TABLE t AS SELECT 1",
        "SELECT 1; SELECT 2",
        "WITH gone AS (SELECT 1) INSERT INTO trees SELECT * FROM gone",
        "SELECT getenv('HOME')",
        "SELECT * FROM nowhere",
        "SELECT * FROM sqlite_scan('{folder}/x', 't')",
        "CALL pragma_version()",
        "CHECKPOINT",
        "EXPLAIN SELECT * FROM trees",
        "FORCE CHECKPOINT; SELECT 1",
        "selec",
        "--",
    ],
)
def test_what_is_no_question_of_the_tables_is_refused_in_words(trees, sql):
    folder = trees["trees"].parent
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    # In this process, whose limits are not what refuses it.
    said = inside.answer(
        {
            "sql": sql.replace("{folder}", str(folder)),
            "tables": {name: str(path) for name, path in trees.items()},
            "rows": 10,
            "memory": "100MB",
        }
    )
    assert said.keys() == {"error"}
    assert said["error"]
    assert str(folder / "trees.parquet") not in said["error"]
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


@pytest.mark.parametrize("sql", ["", " ", "SELECT '\x00'", "SELECT 1" + " " * 10_000])
def test_what_cannot_be_a_question_is_not_asked(trees, sql, monkeypatch):
    monkeypatch.setattr(asking, "_run", None)
    with pytest.raises(UnableToAsk):
        ask(sql, trees)


def test_the_process_itself_has_no_other_file_and_no_place_to_write(trees):
    secret = trees["trees"].with_name("secret.csv")
    with pytest.raises(UnableToAsk):
        ask(f"SELECT * FROM read_csv('{secret}')", trees)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM range(100000000000) a, range(100000) b",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
        "SELECT list(a.range) FROM range(1000000000) a",
        "SELECT repeat('x', 4000000000)",
        "SELECT " + "(" * 4_000 + "1" + ")" * 4_000,
    ],
)
def test_what_would_take_everything_is_ended(trees, sql, monkeypatch):
    with monkeypatch.context() as short:
        short.setattr(asking, "SECONDS", 2)
        with pytest.raises(UnableToAsk):
            ask(sql, trees)
    assert ask("SELECT count(*) FROM trees", trees).rows == ((3,),)


def test_as_many_as_may_be_are_answered_at_once(trees, monkeypatch):
    monkeypatch.setattr(asking, "PATIENCE_S", 0)
    for _ in range(asking.AT_ONCE):
        assert asking._room.acquire(blocking=False)
    try:
        with pytest.raises(asking.TooManyAsk):
            ask("SELECT 1", trees)
    finally:
        for _ in range(asking.AT_ONCE):
            asking._room.release()


def test_nobody_has_two_places_so_nobody_has_every_place(trees, monkeypatch):
    monkeypatch.setattr(asking, "PATIENCE_S", 0.01)
    with asking._place("one"):
        with pytest.raises(asking.TooManyAsk):
            ask("SELECT 1", trees, by="one")
        assert ask("SELECT 1", trees, by="another").rows == ((1,),)
    assert ask("SELECT 1", trees, by="one").rows == ((1,),)


def test_a_whole_number_programs_do_not_read_is_a_text(trees):
    most = 170141183460469231731687303715884105727
    sql = f"SELECT {most}::HUGEINT, {-(2**63) - 1}::HUGEINT, {2**63 - 1}"
    assert ask(sql, trees).rows == ((str(most), str(-(2**63) - 1), 2**63 - 1),)


def test_an_answer_is_no_wider_than_people_read_and_its_names_no_longer(trees):
    wide = "WITH a AS (SELECT 1 AS x), " + ", ".join(
        f"{new} AS (SELECT {', '.join([old + '.*'] * 4)} FROM {old})"
        for old, new in zip("abcde", "bcdef", strict=True)
    )
    with pytest.raises(UnableToAsk, match="columns"):
        ask(f"{wide} SELECT * FROM f", trees)
    named = ask(f"SELECT 1 AS {'x' * 5_000}", trees).columns
    assert named == (("x" * inside.MOST_NAME, "INTEGER"),)
