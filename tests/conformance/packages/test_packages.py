"""Our packages are what Frictionless and the CSV on the Web validator take them for."""

import zipfile
from io import BytesIO

import pytest
from csvw import CSVW
from frictionless import Package, system

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(client, lake, in_city, settings, tmp_path):
    """Leeds with two observations and the portal's own datasets."""
    from datetime import UTC, datetime

    from moothall.values.observations import Batch, Observation, Origin, Series

    in_city("leeds")
    settings.STORES = tmp_path
    series = Series(
        key="flood.l1707.level_m", title="Crown Point", unit="m", observed_property="level",
        thing="Leeds Crown Point", lon=-1.53, lat=53.79,
    )  # fmt: skip
    now = datetime.now(UTC)
    seen = [
        Observation(series=series.key, at=now.replace(microsecond=n), result=n, origin=Origin.LIVE)
        for n in (0, 1)
    ]
    lake.append(
        Batch(observations=tuple(seen), series=(series,)), feed="flood.readings", key="1", now=now
    )
    return client


def take(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_the_whole_city_is_a_valid_package_of_valid_tables(city, tmp_path):
    with zipfile.ZipFile(BytesIO(take(city, "/data/everything.zip"))) as archive:
        archive.extractall(tmp_path / "all")
    with system.use_context(trusted=True):
        package = Package(str(tmp_path / "all" / "datapackage.json"))
        report = package.validate()
    assert len(package.resources) >= 5
    bad = [(one.name, one.errors[:2]) for one in report.tasks if not one.valid]
    assert report.valid, bad


def test_a_csv_is_what_its_csvw_metadata_says(city, tmp_path):
    name = "flood.readings"
    body = take(city, f"/data/{name}.csv")
    said = take(city, f"/data/{name}.csv-metadata.json")
    (tmp_path / f"{name}.csv").write_bytes(body)
    local = said.replace(f"http://testserver/data/{name}.csv".encode(), f"{name}.csv".encode())
    (tmp_path / f"{name}.csv-metadata.json").write_bytes(local)
    table = CSVW(str(tmp_path / f"{name}.csv-metadata.json"), validate=True)
    assert table.is_valid, table.warnings
    assert len(list(table.tables[0])) == 2
