"""Tables as people send them: each is read or refused in a sentence, and nothing is lost."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moothall.standards.tables import reading
from moothall.values.observations import Column


def read(text: str | bytes, name: str = "table.csv", **more):
    return reading.read(text.encode() if isinstance(text, str) else text, name=name, **more)


def values(found: reading.Reading, column: str) -> list[object]:
    return found.table[column].to_pylist()


def types(found: reading.Reading) -> dict[str, str]:
    return {column.name: column.type for column in found.columns}


def told(found: reading.Reading) -> list[tuple[int | None, str, str, str]]:
    return [(f["row"], f["column"], f["sort"], f["value"]) for f in found.faults.to_pylist()]


def sorts(found: reading.Reading) -> set[str]:
    return set(found.faults["sort"].to_pylist())


def test_a_clean_table_is_typed_and_has_no_fault():
    found = read(
        "id,name,height_m,on,open\n1,Weir,0.66,2026-01-05,yes\n2,Beck,1.20,2026-02-05,no\n"
    )
    assert types(found) == {
        "id": "integer",
        "name": "string",
        "height_m": "number",
        "on": "date",
        "open": "boolean",
    }
    assert values(found, "on") == [date(2026, 1, 5), date(2026, 2, 5)]
    assert values(found, "open") == [True, False]
    assert told(found) == []
    assert values(found, "row") == [2, 3]


# --- encodings ---
TEXT = "name,price\nCafé Müller,£3\nBär,£4\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_every_encoding_reads_the_same(encoding):
    found = read(TEXT.encode(encoding))
    assert values(found, "name") == ["Café Müller", "Bär"]
    assert values(found, "price") == [3, 4]
    assert ("encoding-guessed" in sorts(found)) == (encoding == "cp1252")


def test_a_row_in_another_encoding_is_read_and_told():
    body = "name\nCafé\n".encode() + "Müller\n".encode("cp1252") + b"Beck\n"
    found = read(body)
    assert values(found, "name") == ["Café", "Müller", "Beck"]
    assert (3, "", "encoding-mixed", "Müller") in told(found)


def test_text_read_wrongly_before_it_came_is_told():
    assert "mojibake" in sorts(read("name\nCafÃ©\nBeck\n"))


# --- the shape of the file ---
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_cells_may_be_divided_by_any_usual_sign(delimiter):
    found = read(f"a{delimiter}b\n1{delimiter}x, y; z\n2{delimiter}w\n".replace(", y; z", " y z"))
    assert found.delimiter == delimiter
    assert values(found, "a") == [1, 2]


def test_excels_own_line_about_the_delimiter_is_obeyed():
    found = read("sep=;\na;b\n1,5;2\n")
    assert types(found) == {"a": "number", "b": "integer"}
    assert values(found, "a") == [1.5]


def test_a_title_above_the_headings_is_told_and_left_out():
    found = read("Table 3: rivers\n\nid,name,level\n1,Aire,0.4\n2,Soar,0.5\n")
    assert types(found) == {"id": "integer", "name": "string", "level": "number"}
    assert (1, "", "text-above", "Table 3: rivers") in told(found)
    assert values(found, "row") == [4, 5]


def test_headings_merged_over_several_rows_become_one_each():
    found = read("Area,2020,,2021,\n,Men,Women,Men,Women\nLeeds,1,2,3,4\nLeicester,5,6,7,8\n")
    assert [c.name for c in found.columns] == [
        "Area",
        "2020 Men",
        "2020 Women",
        "2021 Men",
        "2021 Women",
    ]
    assert "headings-merged" in sorts(found)
    assert values(found, "2021 Women") == [4, 8]


def test_years_and_ages_may_be_headings():
    assert [c.name for c in read("Area,2019,2020\nLeeds,3,4\nYork,5,6\n").columns][1] == "2019"
    ages = ",".join(str(n) for n in range(20))
    found = read(f"code,{ages}\nE1,{ages}\nE2,{ages}\n")
    assert found.columns[1].name == "0"


def test_a_table_without_headings_keeps_its_first_row():
    found = read("1,2.5,x\n2,3.5,y\n3,4.5,z\n")
    assert [c.name for c in found.columns] == ["column_1", "column_2", "column_3"]
    assert values(found, "column_1") == [1, 2, 3]
    assert "no-headings" in sorts(found)


def test_columns_that_share_a_heading_are_told_apart():
    found = read("name,,Name\na,b,c\n")
    assert [c.name for c in found.columns] == ["name", "column_2", "Name_2"]
    assert {"unnamed-column", "duplicate-column"} <= sorts(found)


def test_rows_too_short_too_long_and_empty_lose_nothing():
    found = read("a,b,c\n1,2,3\n4,5\n6,7,8,nine,ten\n,,\n\n9,9,9\n")
    assert values(found, "a") == [1, 4, 6, 9]
    assert values(found, "c") == [3, None, 8, 9]
    assert (3, "", "missing-cells", "2 of 3") in told(found)
    assert (4, "", "extra-cells", "nine | ten") in told(found)
    assert [row for row, _, sort, _ in told(found) if sort == "blank-row"] == [5, 6]


def test_a_heading_repeated_further_down_is_left_out():
    found = read("a,b\n1,2\na,b\n3,4\n")
    assert values(found, "a") == [1, 3]
    assert (3, "", "repeated-headings", "") in told(found)


def test_a_quotation_mark_never_closed_costs_one_row_not_the_rest():
    rows = "".join(f"{n},ok\n" for n in range(3, 2000))
    found = read(f'id,note\n1,ok\n2,"never closed\n{rows}')
    assert len(found.table) == 1999
    assert values(found, "note")[1] == '"never closed'
    assert [row for row, _, sort, _ in told(found) if sort == "unclosed-quote"] == [3]


def test_a_quotation_mark_never_closed_near_the_end_is_told_too():
    found = read('id,note\n1,ok\n2,"never closed\n3,ok\n')
    assert values(found, "id") == [1, 2, 3]
    assert "unclosed-quote" in sorts(found)


def test_a_cell_may_have_lines_of_its_own():
    found = read('id,note\n1,"two\nlines"\n2,one\n')
    assert values(found, "note") == ["two\nlines", "one"]
    assert values(found, "row") == [2, 3]
    assert told(found) == []


def test_a_cell_longer_than_most_readers_take_is_read_whole():
    long = ",".join(str(n) for n in range(40_000))
    found = read(f'id,shape,name\n1,"{long}",Ward\n2,"a ""b""",Beck\n')
    assert values(found, "shape") == [long, 'a "b"']
    assert values(found, "name") == ["Ward", "Beck"]
    assert told(found) == []


# --- what cells say ---
def column(*cells: str, declared: str = "") -> tuple[str, list[object], list[str]]:
    sink = io.StringIO()
    writer = csv.writer(sink)
    writer.writerow(["it", "beside"])
    writer.writerows([cell, "x"] for cell in cells)
    more = {"declared": (Column(name="it", type=declared),)} if declared else {}
    found = read(sink.getvalue(), **more)
    return types(found)["it"], values(found, "it"), [s for _, c, s, _ in told(found) if c == "it"]


NINE = tuple(str(n) for n in range(1, 10))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1,234", "12,345,678", "-5"), [1234, 12345678, -5]),
        (("£1,000", "£20", "£3"), [1000, 20, 3]),
        (("12 %", "5%", "100%"), [12, 5, 100]),
        (("(12)", "−3", "4"), [-12, -3, 4]),
    ],
)
def test_whole_numbers_as_people_write_them(cells, expected):
    assert column(*cells)[:2] == ("integer", expected)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1,5", "2,75", "1.234,5"), [1.5, 2.75, 1234.5]),
        (("1.5", "2e3", ".5"), [1.5, 2000.0, 0.5]),
        (("1,234.50", "2.5", "3"), [1234.5, 2.5, 3.0]),
        (("1 234,5", "12,25", "3,1"), [1234.5, 12.25, 3.1]),
    ],
)
def test_the_column_says_whether_its_commas_are_decimal(cells, expected):
    assert column(*cells)[:2] == ("number", expected)


def test_a_unit_written_in_each_cell_is_the_unit_of_the_column():
    found = read("price,share\n£1.50,20%\n£2.50,30%\n")
    assert {c.name: c.unit for c in found.columns} == {"price": "GBP", "share": "%"}


@pytest.mark.parametrize(
    "cells",
    [
        ("00123", "00456", "01789"),
        ("07700 900123", "0113 496 0000", "0116 496 0000"),
        ("12345678901234567890", "12345678901234567891", "1"),
        ("2600A1", *NINE),
        ("E01012345", *NINE),
    ],
)
def test_digits_that_are_names_stay_texts(cells):
    kind, read_as, faults = column(*cells)
    assert kind == "string"
    assert read_as == list(cells)
    assert faults == []


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("2026-01-05", "2026-12-31"), [date(2026, 1, 5), date(2026, 12, 31)]),
        (("05/01/2026", "31/12/2026"), [date(2026, 1, 5), date(2026, 12, 31)]),
        (("01/05/2026", "12/31/2026"), [date(2026, 1, 5), date(2026, 12, 31)]),
        (("5.1.26", "31.12.26"), [date(2026, 1, 5), date(2026, 12, 31)]),
        (("5 January 2026", "31st Dec 2026"), [date(2026, 1, 5), date(2026, 12, 31)]),
        (("Mon 5 Jan 2026", "Thursday, 31 December 2026"), [date(2026, 1, 5), date(2026, 12, 31)]),
        (("January 5, 2026", "Dec 31 2026"), [date(2026, 1, 5), date(2026, 12, 31)]),
        (("05-Jan-69", "31-Dec-68"), [date(1969, 1, 5), date(2068, 12, 31)]),
    ],
)
def test_dates_as_people_write_them(cells, expected):
    assert column(*cells)[:2] == ("date", expected)


def test_a_date_that_does_not_exist_is_told_not_moved():
    kind, read_as, faults = column("30/02/2026", *(f"{n:02}/03/2026" for n in range(1, 15)))
    assert kind == "date"
    assert read_as[0] is None
    assert "not-a-date" in faults


def test_day_and_month_that_may_be_either_are_read_as_in_britain_and_told():
    kind, read_as, faults = column("05/01/2026", "06/02/2026")
    assert (kind, read_as) == ("date", [date(2026, 1, 5), date(2026, 2, 6)])
    assert faults == ["date-ambiguous"]


def test_instants_with_a_zone_are_in_utc_and_others_say_that_they_have_none():
    kind, read_as, faults = column("2026-06-01T12:00:00+01:00", "2026-06-01 12:00:00.25Z")
    assert kind == "datetime"
    assert read_as == [
        datetime(2026, 6, 1, 11, tzinfo=UTC),
        datetime(2026, 6, 1, 12, 0, 0, 250000, tzinfo=UTC),
    ]
    assert faults == []
    kind, read_as, faults = column("1/6/2026 2:30 pm", "20/6/2026 11:05")
    assert [str(at) for at in read_as] == ["2026-06-01 14:30:00", "2026-06-20 11:05:00"]
    assert faults == ["no-time-zone"]


@pytest.mark.parametrize("word", ["No data", "n/a", "-", "..", "[c]", "NULL", "*"])
def test_words_that_mean_no_value_are_missing_in_a_column_of_figures(word):
    kind, read_as, faults = column(word, *NINE)
    assert (kind, read_as[0], faults) == ("integer", None, ["no-data-word"])


def test_the_same_words_are_texts_in_a_column_of_texts():
    assert column("-", "Aire", "No data")[:2] == ("string", ["-", "Aire", "No data"])


def test_one_cell_that_does_not_fit_is_told_with_what_it_said():
    sink = "n\n" + "".join(f"{n}\n" for n in range(30)) + "about ten\n"
    found = read(sink)
    assert types(found) == {"n": "integer"}
    assert told(found) == [(32, "n", "not-an-integer", "about ten")]


def test_a_declared_column_is_not_guessed():
    assert column("1", "0", "yes", declared="string")[:2] == ("string", ["1", "0", "yes"])
    kind, read_as, faults = column("1", "ten", declared="integer")
    assert (kind, read_as, faults) == ("integer", [1, None], ["not-an-integer"])


def test_what_a_spreadsheet_would_run_is_told():
    assert column("=HYPERLINK(1)", "@x", "+cmd", "fine")[2] == ["formula"] * 3


def test_signs_nobody_sees_are_told():
    assert "control-character" in column("a\u202eb", "c", "d")[2]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=("Cs",)), max_size=12), min_size=3, max_size=3
        ),
        max_size=30,
    )
)
@settings(max_examples=40, deadline=None)
def test_every_cell_of_any_table_is_in_the_table_or_told(rows):
    sink = io.StringIO()
    writer = csv.writer(sink)
    writer.writerow(["first", "second", "third"])
    writer.writerows(rows)
    found = read(sink.getvalue())
    kept = {(row["row"], name): row[name] for row in found.table.to_pylist() for name in row}
    about = {(row, column) for row, column, _, _ in told(found)}
    about |= {
        (row, "") for row, _, sort, _ in told(found) if sort in {"blank-row", "repeated-headings"}
    }
    body = csv.reader(io.StringIO(sink.getvalue(), newline=""))
    for number, cells in enumerate(body, start=1):
        for name, cell in zip(("first", "second", "third"), cells, strict=False):
            if (
                number > 1
                and cell.strip(" \t\r\n\v\f\u00a0\u2007\u202f\ufeff")
                and (number, "") not in about
            ):
                assert kept[(number, name)] is not None or (number, name) in about


@given(st.binary(max_size=400))
@settings(max_examples=120, deadline=None)
def test_any_bytes_are_a_table_or_a_sentence(body):
    try:
        said = f"{len(read(body).table)} rows."
    except ValueError as refusal:
        said = str(refusal)
    assert said.endswith(".")


# --- other forms ---
def zipped(**files: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return sink.getvalue()


def test_one_csv_in_a_zip_is_read():
    found = read(zipped(a__csv="x,y\n1,2\n"), "a.zip")
    assert (found.form, values(found, "x")) == ("zipped CSV", [1])


def test_two_in_a_zip_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="2 tables"):
        read(zipped(a__csv="x\n1\n", b__csv="x\n1\n"), "a.zip")


def test_a_zip_that_unpacks_to_too_much_is_refused():
    with pytest.raises(ValueError, match="more than is allowed"):
        read(zipped(a__csv="x\n" + "1\n" * 2_000_000), "a.zip", most_bytes=1_000_000)


def test_the_content_decides_not_the_name():
    found = read("x,y\n1,2\n", "table.xlsx")
    assert found.form == "CSV"
    assert "wrong-extension" in sorts(found)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        (b"%PDF-1.4 ...", "a PDF"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (
            b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
            "XML",
        ),
        (b"PAR1 but no more", "Parquet"),
        (b"SQLite format 3\0" + bytes(100), "not a GeoPackage"),
        (b"PK\x03\x04 broken", "archive"),
        (b"\xd0\xcf\x11\xe0 broken", "workbook"),
        (b'{"type": "FeatureCollection", "features": [', "JSON"),
        (b'{"a": 1}', "no table"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(body, said):
    with pytest.raises(ValueError, match=said):
        read(body, "it.csv")


def test_a_thousand_columns_are_read_and_too_many_refused():
    names = ",".join(f"c{n}" for n in range(1000))
    assert len(read(f"{names}\n{','.join('1' for _ in range(1000))}\n").columns) == 1000
    with pytest.raises(ValueError, match="3000 columns"):
        read(",".join(f"c{n}" for n in range(3000)) + "\n")


def geojson(*geometries: object) -> str:
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": {"name": f"n{n}"}, "geometry": geometry}
                for n, geometry in enumerate(geometries)
            ],
        }
    )


def test_geojson_brings_its_places_and_tells_those_that_cannot_be():
    found = read(
        geojson(
            {"type": "Point", "coordinates": [-1.5, 53.8]},
            {"type": "Point", "coordinates": [430000, 433000]},
            {"type": "Polygon", "coordinates": [[1, 2]]},
            None,
        ),
        "places.geojson",
    )
    assert (found.form, found.geometry) == ("GeoJSON", "Point")
    assert [value is not None for value in values(found, "geometry")] == [True, False, False, False]
    assert [row for row, _, sort, _ in told(found) if sort == "not-a-geometry"] == [2, 3]


def test_a_list_of_objects_is_a_table_too():
    found = read('{"meta": {}, "records": [{"a": 1, "b": "x"}, {"a": 2}]}', "records.json")
    assert (found.form, values(found, "a"), values(found, "b")) == ("JSON", [1, 2], ["x", None])


def test_parquet_keeps_its_types():
    sink = io.BytesIO()
    pq.write_table(pa.table({"n": [1, 2], "at": [datetime(2026, 1, 5, tzinfo=UTC)] * 2}), sink)
    found = read(sink.getvalue(), "t.parquet")
    assert types(found) == {"n": "integer", "at": "datetime"}


@pytest.mark.parametrize(
    ("driver", "name"), [("GPKG", "places.gpkg"), ("ESRI Shapefile", "places.zip")]
)
def test_places_in_the_national_grid_come_out_in_degrees(tmp_path: Path, driver, name):
    import pyogrio
    import shapely

    table = pa.table({"name": ["Leeds"], "geom": [shapely.to_wkb(shapely.Point(430000, 433500))]})
    path = tmp_path / ("places.gpkg" if driver == "GPKG" else "places.shp")
    pyogrio.write_arrow(
        table, path, driver=driver, geometry_name="geom", geometry_type="Point", crs="EPSG:27700"
    )
    if driver == "GPKG":
        body = path.read_bytes()
    else:
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as archive:
            for part in tmp_path.glob("places.*"):
                archive.write(part, part.name)
        body = sink.getvalue()
    found = read(body, name)
    lon, lat = json.loads(str(values(found, "geometry")[0]))["coordinates"]
    assert lon == pytest.approx(-1.5457, abs=0.001)
    assert lat == pytest.approx(53.7967, abs=0.001)
    assert values(found, "name") == ["Leeds"]
