"""What may tell of a person is asked about, by heading and by content; the rest is let be."""

import pyarrow as pa
import pytest

from moothall.civic.opendata.rules import disclosure
from moothall.standards.tables import reading


def find(text):
    """What is found in a CSV: sort and column."""
    read = reading.read(text.encode(), name="t.csv")
    found = disclosure.check(read.table, read.columns, faults=read.faults, row="row")
    return {(one.sort, one.column) for one in found}


def column(heading, *cells):
    return "id,{}\n{}".format(heading, "".join(f"{n},{c}\n" for n, c in enumerate(cells, 1)))


@pytest.mark.parametrize(
    ("heading", "cell", "sort"),
    [
        ("contact", "ann@home.example", "email"),
        ("contact", "write to Ann.Ash+1@home.co.uk please", "email"),
        ("notes", "ring 07700 900123", "telephone"),
        ("notes", "(0113) 496 0000", "telephone"),
        ("notes", "+44 113 496 0000", "telephone"),
        ("ref", "QQ 12 34 56 C".replace("QQ", "AB"), "national-insurance"),
        ("who", "Mrs Ash", "person-name"),
        ("number", "943 476 5919", "nhs-number"),
        ("number", "9434765919", "nhs-number"),
        ("Surname", "x", "person-name"),
        ("tenantName", "x", "person-name"),
        ("E-mail Address", "x", "email"),
        ("mobile_no", "x", "telephone"),
        ("Date of Birth", "1970-01-01", "birth"),
        ("DOB", "1970-01-01", "birth"),
        ("Patient ID", "x1", "identity"),
        ("Home address", "x", "home"),
        ("Residents", "3", "small-count"),
        ("number of deaths", "1", "small-count"),
    ],
)
def test_what_tells_of_a_person_is_found(heading, cell, sort):
    assert (sort, heading) in find(column(heading, cell, cell))


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("name", ("Roundhay Park", "Abbey Park")),
        ("site name", ("Kirkgate Market", "St Peter's")),
        ("uprn", ("100012345678", "100098765432")),
        ("count", ("1", "2")),
        ("residents", ("12", "0")),
        ("postcode", ("LS1 1UR", "LE1 1FZ")),
        ("easting", ("430000", "431000")),
        ("page", ("12", "30")),
        ("value", ("0.1234567891", "0.2234567891")),
    ],
)
def test_what_does_not_is_let_be(heading, cells):
    assert find(column(heading, *cells)) == set()


def test_a_full_postcode_is_asked_about_beside_an_age():
    text = "postcode,age\nLS1 1UR,34\nLE1 1FZ,51\n"
    assert find(text) == {("postcode-and-age", "postcode")}
    assert find(text.replace("LS1 1UR", "LS1").replace("LE1 1FZ", "LE1")) == set()


def test_rows_are_named_as_the_file_counts_them_and_counted_whole():
    read = reading.read(column("contact", *["a@b.example"] * 40).encode(), name="t.csv")
    (one,) = disclosure.check(read.table, read.columns, faults=read.faults, row="row")
    assert (one.count, one.rows) == (40, tuple(range(2, 12)))


def test_what_the_list_of_faults_would_tell_is_found():
    cells = ["3"] * 20 + ["ann@home.example"]
    assert ("email-in-faults", "") in find(column("visits", *cells))


def test_a_table_of_nothing_tells_of_nobody():
    faults = pa.table({"row": pa.array([], pa.int64()), "value": pa.array([], pa.string())})
    empty = pa.table({"row": pa.array([], pa.int64())})
    assert disclosure.check(empty, (), faults=faults, row="row") == ()
