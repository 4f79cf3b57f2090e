"""Filters tested of whole columns say what the standard says of each row."""

from contextlib import suppress
from datetime import UTC, date, datetime

import numpy as np
import orjson
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards.cql2 import masks, reading
from moothall.standards.cql2.places import Shapes
from moothall.standards.cql2.reading import UnableToFilter
from moothall.standards.ogcapi.crs import BRITISH, CRS84, WGS84

NAMES = ("Aire", "ægir", "Ångström", "it's 100% _x_", None)
PLACES = np.array(
    [
        shapely.Point(-1.5, 53.8),
        shapely.box(-1.6, 53.7, -1.4, 53.9),
        shapely.LineString([(-1.7, 53.7), (-1.3, 53.9)]),
        shapely.Point(2, 50),
        None,
    ],
    dtype=object,
)


def instants(*days):
    """Return instants at nine in the morning of some days of January; None for none."""
    told = [None if day is None else datetime(2026, 1, day, 9, tzinfo=UTC) for day in days]
    return pa.array(told, pa.timestamp("us", tz="UTC"))


COLUMNS = {
    "name": pa.array(NAMES, pa.string()),
    "size": pa.array([1.5, -2.0, 0.0, 1e9, None]),
    "count": pa.array([1, 2, 3, 4, None]),
    "open": pa.array([True, False, None, True, False]),
    "on": pa.array([date(2026, 1, n) for n in range(1, 5)] + [None]),
    "at": instants(1, 2, 3, 4, None),
    "until": instants(2, 2, None, 6, None),
    'a "strange" name; --': pa.array(["x", "y", "z", "x", None]),
}


def rows(system=CRS84):
    """The five rows that filters are tested of."""
    shapes = Shapes(read=lambda: PLACES, missing=lambda: shapely.is_missing(PLACES), system=system)
    return masks.Rows(count=5, columns=COLUMNS, place="geometry", shapes=shapes)


def met(text, system=CRS84, language="cql2-text"):
    """Return the numbers of the rows that meet a filter."""
    return np.flatnonzero(masks.test(reading.read(text, language), rows(system))).tolist()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name = 'Aire'", [0]),
        ("name <> 'Aire'", [1, 2, 3]),
        ("NOT name = 'Aire'", [1, 2, 3]),
        ("size > 0", [0, 3]),
        ("size >= 0 AND count < 4", [0, 2]),
        ("size < 0 OR open = TRUE", [0, 1, 3]),
        ("open", [0, 3]),
        ("NOT open", [1, 4]),
        ("open OR size < 1", [0, 1, 2, 3]),
        ("count = 2.0", [1]),
        ("on = DATE('2026-01-02')", [1]),
        ("on > DATE('2026-01-02')", [2, 3]),
        ("on > '2026-01-02'", [2, 3]),
        ("at >= TIMESTAMP('2026-01-03T09:00:00Z')", [2, 3]),
        ("at >= TIMESTAMP('2026-01-03T10:00:00+01:00')", [2, 3]),
        ("at > DATE('2026-01-03')", [2, 3]),
        ("count = size", []),
        ("count > size", [1, 2]),
        ("TRUE", [0, 1, 2, 3, 4]),
        ("FALSE", []),
        # advanced comparison
        ("name LIKE 'A%'", [0]),
        ("name LIKE '%r%'", [0, 1, 2]),
        ("name LIKE '_ire'", [0]),
        (r"name LIKE '%100\% \_%'", [3]),
        ("name NOT LIKE 'A%'", [1, 2, 3]),
        ("size BETWEEN -2 AND 1.5", [0, 1, 2]),
        ("size NOT BETWEEN -2 AND 1.5", [3]),
        ("on BETWEEN DATE('2026-01-02') AND DATE('2026-01-03')", [1, 2]),
        ("count IN (1, 3, 9)", [0, 2]),
        ("name IN ('Aire', 'none')", [0]),
        ("name NOT IN ('Aire')", [1, 2, 3]),
        ("on IN (DATE('2026-01-04'))", [3]),
        ("name IS NULL", [4]),
        ("name IS NOT NULL", [0, 1, 2, 3]),
        ("geometry IS NULL", [4]),
        # letters
        ("CASEI(name) = CASEI('AIRE')", [0]),
        ("CASEI(name) LIKE casei('%GIR')", [1]),
        ("ACCENTI(name) = ACCENTI('Angstrom')", [2]),
        ("CASEI(ACCENTI(name)) = casei(accenti('ANGSTRÖM'))", [2]),
        # sums
        ("count + 1 = 3", [1]),
        ("count * 2 - 1 > 4", [2, 3]),
        ("6 / size > 3", [0]),
        ("count % 2 = 1", [0, 2]),
        ("count div 2 = 1", [1, 2]),
        ("count ^ 2 = 9", [2]),
        ("-count = -4", [3]),
        # places
        ("S_INTERSECTS(geometry, POINT(-1.5 53.8))", [0, 1]),
        ("S_INTERSECTS(geometry, BBOX(-1.45,53.8,3,54))", [1, 2]),
        ("S_INTERSECTS(geometry, POLYGON((-1.55 53.75,-1.45 53.75,-1.45 53.85,-1.55 53.75)))",
         [0, 1, 2]),
        ("S_DISJOINT(geometry, BBOX(-2,53,-1,54))", [3]),
        ("NOT S_INTERSECTS(geometry, BBOX(-2,53,-1,54))", [3]),
        ("S_WITHIN(geometry, BBOX(-1.65,53.6,-1.35,54))", [0, 1]),
        ("S_CONTAINS(geometry, POINT(-1.55 53.75))", [1]),
        ("S_EQUALS(geometry, POINT(-1.5 53.8))", [0]),
        ("S_TOUCHES(geometry, POINT(-1.6 53.8))", [1]),
        ("S_CROSSES(geometry, BBOX(-1.6,53.7,-1.4,53.9))", [2]),
        ("S_INTERSECTS(geometry, BBOX(170,-10,-179,10))", []),
        # times
        ("T_AFTER(at, TIMESTAMP('2026-01-03T09:00:00Z'))", [3]),
        ("T_BEFORE(at, DATE('2026-01-02'))", [0]),
        ("T_DURING(at, INTERVAL('2026-01-01','2026-01-03'))", [0, 1, 2]),
        ("T_DURING(at, INTERVAL('..','2026-01-02T09:00:00Z'))", [0]),
        ("T_INTERSECTS(INTERVAL(at, until), TIMESTAMP('2026-01-05T00:00:00Z'))", [3]),
        ("T_MEETS(INTERVAL(at, until), TIMESTAMP('2026-01-02T09:00:00Z'))", [0, 1]),
        ("T_EQUALS(on, DATE('2026-01-02'))", [1]),
        ("T_DISJOINT(at, INTERVAL('2026-01-02','2026-01-03'))", [0, 3]),
        ("T_CONTAINS(INTERVAL(at, until), DATE('2026-01-05'))", [3]),
    ],
)  # fmt: skip
def test_a_filter_is_met_by(text, found):
    assert met(text) == found


def test_json_says_what_text_says():
    tree = {
        "op": "and",
        "args": [
            {"op": "like", "args": [{"property": "name"}, "A%"]},
            {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [-2, 53, -1, 54]}]},
            {"op": "=", "args": [{"property": 'a "strange" name; --'}, "x"]},
        ],
    }
    assert met(orjson.dumps(tree).decode(), language="cql2-json") == [0]


def test_places_are_read_in_the_filters_own_system():
    assert met("S_INTERSECTS(geometry, POINT(53.8 -1.5))", WGS84) == [0, 1]
    assert met("S_WITHIN(geometry, BBOX(430000,430000,436000,436000))", BRITISH) == [0]
    around = "POLYGON((430000 430000, 436000 430000, 436000 436000, 430000 436000, 430000 430000))"
    assert met(f"S_WITHIN(geometry, {around})", BRITISH) == [0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "1",
        "name =",
        "name = 'x",
        "name = 1",
        "size = 'x'",
        "open > 3",
        "none = 1",
        "name = NULL",
        "casei(size) = 'x'",
        "name + 1 = 2",
        "size LIKE 'x'",
        "name LIKE name",
        "on = 'tomorrow'",
        "at = DATE('2026-13-01')",
        "at = TIMESTAMP('2026-01-01')",
        "geometry = 'x'",
        "geometry IS NOT NULL AND S_INTERSECTS(name, POINT(1 1))",
        "S_INTERSECTS(geometry, 'x')",
        "S_INTERSECTS(geometry, POINT(200 1))",
        "S_INTERSECTS(geometry, POINT(1 1), 3)",
        "S_INTERSECTS(geometry, BBOX(1,2,3))",
        "S_INTERSECTS(geometry, BBOX(1,9,3,4))",
        "S_NEARBY(geometry, POINT(1 1))",
        "T_AFTER(name, DATE('2026-01-01'))",
        "T_AFTER(at, 3)",
        "pg_sleep(10) = 1",
        "read_csv('/etc/passwd') = 'x'",
        "A_CONTAINS(name, ('x'))",
        "name = 'x'; DROP TABLE features",
        "name = 'x' UNION SELECT 1",
        "(" * 41 + "size = 1" + ")" * 41,
        "(" * 3000 + "size = 1" + ")" * 3000,
        "size = " + "(" * 3000 + "1" + ")" * 3000,
        "NOT " * 200 + "open",
        " AND ".join(["size = 1"] * 200),
        "size = 1" + " " * 9000,
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused_in_words(text):
    with pytest.raises(UnableToFilter) as fault:
        met(text)
    assert 10 < len(str(fault.value)) < 700


NASTY = (
    None, True, 1, 1e308, "x", [], {}, [[]], {"op": "="}, {"op": "=", "args": []},
    {"op": ["="], "args": [1, 2]}, {"op": "and", "args": [1, True]}, {"op": "in", "args": [1, 2]},
    {"property": ["name"]}, {"property": None}, {"date": 3}, {"timestamp": []}, {"bbox": "x"},
    {"interval": ["..", 3]}, {"interval": []}, {"type": "Point", "coordinates": ["a", {}]},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, {"type": "Nonsense"},
    {"type": "Point", "coordinates": []}, {"property": "name"}, {"property": "geometry"},
    {"op": "casei", "args": [{"property": "size"}]}, {"property": "open"}, {"property": "at"},
)  # fmt: skip
OPERATIONS = ("=", "<", "and", "or", "not", "between", "in", "isNull", "like", "casei", "+", "div")
OPERATIONS += ("s_intersects", "s_within", "t_after", "t_during", "t_equals", "none", "a_equals")


@given(
    st.recursive(
        st.sampled_from(NASTY),
        lambda inner: st.fixed_dictionaries(
            {"op": st.sampled_from(OPERATIONS), "args": st.lists(inner, max_size=3)}
        ),
        max_leaves=6,
    )
)
def test_any_json_is_answered_or_refused_in_words(tree):
    with suppress(UnableToFilter):
        assert set(met(orjson.dumps(tree).decode(), language="cql2-json")) <= set(range(5))


@given(st.text(max_size=40))
def test_a_text_is_only_ever_compared(text):
    quoted = text.replace("'", "''")
    if "\x00" in text:
        return
    assert met(f"name = '{quoted}'") == [n for n, name in enumerate(NAMES) if name == text]


def test_nothing_is_found_among_no_rows():
    none = {name: column[:0] for name, column in COLUMNS.items()}
    shapes = Shapes(read=lambda: PLACES[:0], missing=lambda: np.array([], bool), system=CRS84)
    empty = masks.Rows(count=0, columns=none, place="geometry", shapes=shapes)
    for text in ("name = 'x'", "S_INTERSECTS(geometry, POINT(1 1))", "TRUE", "1 = 1",
                 "T_AFTER(DATE('2026-01-01'), DATE('2026-01-02'))", "count IN (1)"):  # fmt: skip
        assert masks.test(reading.read(text, "cql2-text"), empty).tolist() == []
