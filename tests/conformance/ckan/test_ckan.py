"""CKAN's own client reads our catalogue."""

import ckanapi
import pytest

from moothall.standards import ckan as standard

pytestmark = pytest.mark.django_db
OWN = ["portal-issues", "portal-quality", "portal-usage"]
"""What the portal publishes about itself."""


@pytest.fixture(params=["post", "get"])
def site(request, live_server, probes, settings):
    """ckanapi, speaking to a server that runs, as it does by itself and with GET alone."""
    settings.LIMITS_ON = False
    with ckanapi.RemoteCKAN(live_server.url, get_only=request.param == "get") as remote:
        yield remote


def test_a_harvester_reads_every_open_dataset_and_no_closed_one(site):
    assert site.action.package_list() == [*OWN, "probe-readings", "probe-thing"]
    assert site.action.package_list(limit=1, offset=4) == ["probe-thing"]
    assert site.action.site_read() is True
    assert site.action.status_show()["site_title"] == "Leeds"
    for name in site.action.package_list():
        package = site.action.package_show(id=name)
        assert site.action.package_show(id=package["id"]) == package
        assert package["license_id"] == "OGL-UK-3.0"
        own = name in OWN
        said = "Leeds City Council" if own else "The Probe Office"
        assert package["organization"]["title"] == said
        assert len(package["resources"]) == package["num_resources"] == (4 if own else 5)
        for resource in package["resources"]:
            assert site.action.resource_show(id=resource["id"]) == resource
            assert resource["url"].startswith(site.address)


def test_datasets_are_searched_filtered_counted_and_paged(site):
    found = site.action.package_search(
        q="readings", rows=5, **{"facet.field": '["organization","res_format"]'}
    )
    assert [one["name"] for one in found["results"]] == ["probe-readings"]
    assert found["facets"]["organization"] == {"the-probe-office": 1}
    assert {one["name"] for one in found["search_facets"]["res_format"]["items"]} == {
        *("CSV", "XLSX", "Parquet", "GeoJSON", "JSON")
    }
    every = site.action.package_search(q="*:*", rows=0)
    assert (every["count"], every["results"]) == (5, [])
    second = site.action.package_search(
        fq="-organization:leeds-city-council", rows=1, start=1, sort="title_string asc"
    )
    assert [one["name"] for one in second["results"]] == ["probe-thing"]


@pytest.mark.parametrize(
    ("fq", "count"),
    [
        ("organization:the-probe-office", 2),
        ('+organization:"the-probe-office" +res_format:csv', 2),
        ("organization:(nobody OR the-probe-office) AND name:probe-thing", 1),
        ("-name:probe-thing", 4),
        ("organization:nobody", 0),
        ("nofield:x", 0),
        ("metadata_modified:[2000-01-01T00:00:00Z TO *]", 0),
        ("*:*", 5),
    ],
)
def test_a_filter_query_leaves_what_meets_it(client, probes, fq, count):
    said = client.get("/api/3/action/package_search", {"fq": fq}).json()
    assert said["result"]["count"] == count


def test_organisations_groups_and_tags_are_listed_and_shown(site):
    assert site.action.organization_list() == ["leeds-city-council", "the-probe-office"]
    _council, one = site.action.organization_list(all_fields=True)
    assert (one["title"], one["package_count"]) == ("The Probe Office", 2)
    shown = site.action.organization_show(id="the-probe-office", include_datasets=True)
    assert len(shown["packages"]) == 2
    assert site.action.group_list() == ["gove"]
    assert site.action.tag_list() == ["Leeds"]
    assert len(site.action.tag_show(id="Leeds", include_datasets=True)["packages"]) == 5


def test_what_is_not_there_or_cannot_be_read_is_said_as_ckan_says_it(site):
    with pytest.raises(ckanapi.NotFound):
        site.action.package_show(id="probe-closed")
    with pytest.raises(ckanapi.NotFound):
        site.action.resource_show(id="x")
    with pytest.raises(ckanapi.ValidationError) as fault:
        site.action.package_show()
    assert fault.value.error_dict["id"] == ["Missing value"]
    with pytest.raises(ckanapi.ValidationError):
        site.action.package_search(fq="((((")
    with pytest.raises(ckanapi.ValidationError):
        site.action.package_search(rows="many")
    with pytest.raises(ckanapi.CKANAPIError):
        site.action.package_delete(id="probe-thing")


@pytest.mark.parametrize("body", [b"\xff", b"[1]", b'{"id": {"a": 1}}', b'{"rows": -1}', b"{}"])
def test_no_body_breaks_an_action(client, probes, body):
    for action in ("package_search", "package_show", "tag_list"):
        answer = client.post(f"/api/3/action/{action}", body, content_type="application/json")
        assert answer.status_code in {200, 400, 404, 409}


def test_a_group_is_a_theme():
    assert standard.group("ENVI", 3) == {
        **standard.group("ENVI"),
        "name": "envi",
        "title": "Environment",
        "package_count": 3,
    }


def _rows_of(site, package):
    resources = site.action.package_show(id=package)["resources"]
    return next(one["id"] for one in resources if one["datastore_active"])


def test_rows_are_searched_as_in_a_datastore(site):
    resource = _rows_of(site, "probe-readings")
    found = site.action.datastore_search(resource_id=resource, limit=2, sort="value desc")
    assert found["total"] == 97
    assert [one["value"] for one in found["records"]] == [1.95, 1.94]
    assert found["fields"][0] == {"id": "_id", "type": "int"}
    assert {one["id"]: one["type"] for one in found["fields"]}["at"] == "timestamptz"
    after = site.action.datastore_search(
        resource_id=resource, limit=2, offset=2, sort="value desc", fields=["value"]
    )
    assert after["records"] == [{"_id": 3, "value": 1.93}, {"_id": 4, "value": 1.92}]
    chosen = site.action.datastore_search(resource_id=resource, filters='{"value": [1.0, 1.5]}')
    assert sorted(one["value"] for one in chosen["records"]) == [1.0, 1.5]
    assert site.action.datastore_search(resource_id=resource, q="state")["total"] == 1
    things = site.action.datastore_search(resource_id=_rows_of(site, "probe-thing"))
    assert [one["id"] for one in things["records"]] == ["a/1", "b"]


def test_what_a_datastore_cannot_answer_is_said_as_ckan_says_it(site):
    resource = _rows_of(site, "probe-readings")
    with pytest.raises(ckanapi.NotFound):
        site.action.datastore_search(resource_id="x")
    for wrong in (
        {"filters": {"nothing": 1}},
        {"filters": {"value": "much"}},
        {"sort": "value; DROP TABLE x"},
        {"fields": ["nothing"]},
        {"limit": "many"},
        {"offset": 10**7},
        {"records_format": "sql"},
    ):
        with pytest.raises(ckanapi.ValidationError) as fault:
            site.action.datastore_search(resource_id=resource, **wrong)
        assert next(iter(wrong)) in fault.value.error_dict
    with pytest.raises(ckanapi.CKANAPIError):
        site.action.datastore_search_sql(sql="SELECT 1")
