"""The routes of a timetable, from an archive or from routes.txt alone."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards import gtfs

ROUTES = (
    "route_id,agency_id,route_short_name,route_long_name,route_type\r\n"
    'r1,A,50A,"Horsforth, and back",3\r\n'
    ",A,0,no id,3\r\n"
    "r2,B,X1,,bus\r\n"
    "r3,,,Ferry,\r\n"
)


def archive(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(f"feed/{name}.txt", text)
    return packed.getvalue()


def test_routes_are_read_and_a_bad_row_costs_only_itself():
    routes, faults = gtfs.read_routes(b"\xef\xbb\xbf" + ROUTES.encode())

    assert [route.id for route in routes] == ["r1", "r3"]
    assert routes[0].long_name == "Horsforth, and back"
    assert (routes[0].type, routes[1].type) == (3, None)
    assert [issue.where for issue in faults] == ["line 3", "line 4"]
    assert "without an id" in faults[0].what


def test_an_archive_names_the_agencies_too():
    body = archive(routes=ROUTES, agency="agency_id,agency_name\nA,First\n", stops="x")

    routes, _ = gtfs.read_routes(body)

    assert [route.agency_name for route in routes] == ["First", ""]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (archive(stops="stop_id\n1\n"), "holds no routes.txt"),
        (b"stop_id,stop_name\n1,x\n", "no column route_id"),
        (b"", "no column route_id"),
    ],
)
def test_what_is_no_timetable_is_refused(body, why):
    with pytest.raises(ValueError, match=why):
        gtfs.read_routes(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_routes_or_refused(noise):
    try:
        routes, _ = gtfs.read_routes(b"route_id,route_type\n" + noise)
    except ValueError:
        return
    assert all(route.id for route in routes)
