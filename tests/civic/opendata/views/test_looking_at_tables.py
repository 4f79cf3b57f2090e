"""Officers' tables, looked at as anything else is: odd names, naive times, places, old versions."""

import csv
import io
import json
import re
import uuid
from datetime import UTC, datetime

import pytest

from moothall.civic.opendata.models import Table
from moothall.kernel.tables import versions
from moothall.standards.tables import reading

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
HEAD = 'name,"odd, ""name""__eq",size,seen,kept\n'
LINES = [
    f"tree {n},x{n},{n}.5,2026-01-{n:02d} 0{n}:30,{'yes' if n % 2 else 'no'}\n"
    for n in range(1, 10)
]
PLACED = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": f"park {n}", "size": n},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [
                        [-1.5 + n / 100, 53.8],
                        [-1.49 + n / 100, 53.8],
                        [-1.5, 53.81],
                        [-1.5 + n / 100, 53.8],
                    ]
                ],
            },
        }
        for n in range(3)
    ],
}


def keep(slug, body, name, at=NOW):
    found = reading.read(body, name=name)
    versions.keep(
        f"table.{slug}",
        found.table,
        columns=found.columns,
        faults=found.faults,
        raw="0" * 64,
        form=found.form,
        geometry=found.geometry,
        now=at,
    )


@pytest.fixture(autouse=True)
def _tables(lake, in_city):
    in_city("leeds")
    for slug in ("trees", "parks"):
        Table.objects.create(
            slug=slug, title=slug, summary="All.", publisher="Parks", licence="OGL-UK-3.0",
            contact="a@b.example", state="published", asked=uuid.uuid4(), made_at=NOW,
            changed_at=NOW,
        )  # fmt: skip
    keep("trees", (HEAD + "".join(LINES[:4])).encode(), "trees.csv")
    keep("trees", (HEAD + "".join(LINES)).encode(), "trees.csv", NOW.replace(hour=13))
    keep("parks", json.dumps(PLACED).encode(), "parks.geojson")


def look(client, address):
    answer = client.get(address)
    html = answer.content.decode()
    assert answer.status_code == 200, address
    return html, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def rows_of(client, address):
    body = b"".join(client.get(address).streaming_content).decode()
    return list(csv.DictReader(io.StringIO(body)))


def test_a_table_is_filtered_by_its_own_types_and_odd_names(client):
    _, text = look(client, "/data/table.trees/table/?size__gt=3&kept__eq=yes&seen__lt=2026-01-09")
    assert "Rows 1 to 3 of 3" in text
    html, text = look(client, "/data/table.trees/table/?odd, %22name%22__eq__eq=x3")
    assert "tree 3" in text
    assert "tree 4" not in text
    for one in re.findall(r'href="(/data/[^"]+)"', html):
        assert client.get(one.replace("&amp;", "&").replace("&#34;", '"')).status_code == 200, one


def test_rows_stand_as_in_the_file_until_they_are_sorted(client):
    assert [row["name"] for row in rows_of(client, "/data/table.trees/table.csv")][:2] == [
        "tree 1",
        "tree 2",
    ]
    found = rows_of(client, "/data/table.trees/table.csv?_sort=-size&_columns=size")
    assert [row["size"] for row in found][:2] == ["9.5", "8.5"]


def test_an_old_version_is_looked_at_as_it_was_and_its_links_stay_with_it(client):
    html, text = look(client, "/data/table.trees/table/?version=1")
    assert "Rows 1 to 4 of 4" in text
    assert "/data/table.trees/chart/?version=1" in html
    assert len(rows_of(client, "/data/table.trees/table.csv?version=1")) == 4


def test_areas_are_drawn_and_found_by_a_box(client):
    html, text = look(client, "/data/table.parks/map/")
    assert "3 places." in text
    assert "park 2" in text
    drawn = client.get("/data/table.parks/map.svg").content.decode()
    assert drawn.count("Z") > 3
    _, text = look(client, "/data/table.parks/table/?_box=-1.475,53.7,-1.4,53.9")
    assert "park 2" in text
    assert "park 0" not in text
    assert "map/" in html


def test_a_table_is_drawn_by_its_times_and_its_words(client):
    _, text = look(client, "/data/table.trees/chart/?_x=seen&_y=size&_sum=max")
    assert "Highest: 9.5 at 2026-01-09" in text
    _, text = look(client, "/data/table.trees/chart/?_x=kept&_y=&_kind=bar")
    assert "Number of rows by kept." in text
    assert "5" in text


def test_a_table_without_places_has_no_map(client):
    answer = client.get("/data/table.trees/map/")
    assert answer.status_code == 400
    assert "no place" in answer.content.decode()
