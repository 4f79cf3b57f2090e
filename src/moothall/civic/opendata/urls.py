"""Where open data lives."""

from django.urls import path, re_path

from moothall.civic.opendata.api import catalogue as machine
from moothall.civic.opendata.api import ckan
from moothall.civic.opendata.api.features import collections as features
from moothall.civic.opendata.api.features import items, landing, tiles
from moothall.civic.opendata.api.sensorthings import door
from moothall.civic.opendata.views import (
    about,
    catalogue,
    catalogues,
    chart,
    desk,
    downloads,
    feeds,
    following,
    history,
    packages,
    rows,
    shown_map,
    tables,
    transparency,
)

app_name = "opendata"
urlpatterns = [
    path("desk/data/", desk.list_tables, name="desk-tables"),
    path("desk/data/new/", desk.add, name="desk-add"),
    path("desk/data/<str:table>/", desk.table, name="desk-table"),
    path("desk/data/<str:table>/about/", desk.about, name="desk-about"),
    path("desk/data/<str:table>/fetch", desk.fetch, name="desk-fetch"),
    path("desk/data/<str:table>/load", desk.load, name="desk-load"),
    path("desk/data/<str:table>/check/", desk.check, name="desk-check"),
    path("desk/data/<str:table>/columns", desk.columns, name="desk-columns"),
    path("desk/data/<str:table>/publish", desk.publish, name="desk-publish"),
    path("desk/data/<str:table>/drop", desk.drop, name="desk-drop"),
    path("desk/data/<str:table>/withdraw", desk.withdraw, name="desk-withdraw"),
    path("api/sta/v1.1", door.enter),
    path("api/sta/v1.1/", door.enter, name="sensorthings"),
    path("api/sta/v1.1/<path:path>", door.enter, name="sensorthings-of"),
    path("api/features", landing.landing),
    path("api/features/", landing.landing, name="features"),
    path("api/features/api", landing.api, name="features-api"),
    path("api/features/conformance", landing.conformance, name="features-conformance"),
    path("api/features/collections", features.collections, name="features-collections"),
    path("api/features/collections/<str:name>", features.collection, name="features-collection"),
    path("api/features/collections/<str:name>/queryables", features.queryables),
    path("api/features/collections/<str:name>/schema", features.schema),
    path("api/features/collections/<str:name>/items", items.items, name="features-items"),
    path("api/features/collections/<str:name>/items/<path:id>", items.item),
    path("api/features/collections/<str:name>/tiles", tiles.tilesets),
    path("api/features/collections/<str:name>/tiles/WebMercatorQuad", tiles.tileset),
    path(
        "api/features/collections/<str:name>/tiles/WebMercatorQuad/"
        "<int:zoom>/<int:row>/<int:column>",
        tiles.tile,
    ),
    path("api/features/tileMatrixSets", tiles.schemes),
    path("api/features/tileMatrixSets/WebMercatorQuad", tiles.scheme),
    re_path(r"^api/(?:3/)?action/(?P<action>[a-z_]*)/?$", ckan.act, name="ckan"),
    path("data.json", machine.data_json, name="machine"),
    re_path(r"^catalog\.(?P<form>ttl|jsonld|rdf)$", machine.catalogue, name="dcat"),
    path("data/", catalogue.catalogue, name="catalogue"),
    path("desk/transparency/", transparency.desk, name="desk-transparency"),
    path("data/transparency/", transparency.register, name="transparency"),
    re_path(
        r"^data/transparency\.(?P<form>csv|json)$",
        transparency.register_file,
        name="transparency-file",
    ),
    path("desk/catalogues/", following.list_catalogues, name="desk-catalogues"),
    path("desk/catalogues/new/", following.follow, name="desk-follow"),
    path("desk/catalogues/<str:catalogue>/", following.catalogue, name="desk-catalogue"),
    path("desk/catalogues/<str:catalogue>/run", following.run_now, name="desk-catalogue-run"),
    path("desk/catalogues/<str:catalogue>/pause", following.pause, name="desk-catalogue-pause"),
    path("desk/catalogues/<str:catalogue>/resume", following.resume, name="desk-catalogue-resume"),
    path("desk/catalogues/<str:catalogue>/remove", following.remove, name="desk-catalogue-remove"),
    path("data/catalogues/", catalogues.catalogues_followed, name="catalogues"),
    path("data/catalogues/<str:source>/", catalogues.report, name="catalogue-report"),
    re_path(
        r"^data/catalogues/(?P<source>[^/]+)\.(?P<form>csv|json)$",
        catalogues.report_file,
        name="catalogue-report-file",
    ),
    path("data/series/<str:key>/", history.series, name="series"),
    path("data/feeds/", feeds.feeds, name="feeds"),
    path("data/feeds/<str:name>/", feeds.feed, name="feed"),
    path("data/feeds/<str:name>/raw/<str:sha256>.json", feeds.parsed, name="parsed"),
    path("data/feeds/<str:name>/raw/<str:sha256>", feeds.raw, name="raw"),
    path("data/<str:name>/table/", rows.table, name="table"),
    re_path(
        r"^data/(?P<name>[^/]+)/table\.(?P<form>csv|json|geojson)$", rows.file, name="table-file"
    ),
    path("data/<str:name>/column/", rows.column, name="column"),
    path("data/<str:name>/chart/", chart.chart, name="chart"),
    path("data/<str:name>/chart.svg", chart.picture, name="chart-picture"),
    path("data/<str:name>/map/", shown_map.shown, name="map"),
    path("data/<str:name>/map.svg", shown_map.picture, name="map-picture"),
    path("data/<str:name>/map.geojson", shown_map.marks, name="map-marks"),
    path("data/<str:name>/faults/", tables.faults, name="faults"),
    path("data/<str:name>/faults.csv", tables.faults_csv, name="faults-csv"),
    path("data/<str:name>/cite/", about.cite, name="cite"),
    path("data/<str:name>.bib", about.bibtex, name="bibtex"),
    path("data/<str:name>/schema.json", about.schema, name="schema"),
    path("data/<str:name>/changes/<int:number>/", tables.changes, name="changes"),
    path("data/<str:kind>/records/<path:id>/", history.record, name="record"),
    path("data/everything.zip", packages.bundle, name="bundle"),
    path("data/<str:name>.datapackage.json", packages.package, name="package"),
    path("data/<str:name>.csv-metadata.json", downloads.metadata, name="metadata"),
    re_path(
        r"^data/(?P<name>[^/]+)\.(?P<form>csv|xlsx|parquet|geojson|json)$",
        about.counted(downloads.download),
        name="download",
    ),
    re_path(
        r"^data/(?P<name>[^/]+)\.(?P<form>ttl|jsonld|rdf)$", machine.dataset, name="dcat-dataset"
    ),
    path("data/<str:name>/", catalogue.dataset, name="dataset"),
]
