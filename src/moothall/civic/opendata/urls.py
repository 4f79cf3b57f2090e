"""Where open data lives."""

from django.urls import path, re_path

from moothall.civic.opendata.api import catalogue as machine
from moothall.civic.opendata.views import catalogue, downloads, feeds, history

app_name = "opendata"
urlpatterns = [
    path("data.json", machine.data_json, name="machine"),
    re_path(r"^catalog\.(?P<form>ttl|jsonld|rdf)$", machine.catalogue, name="dcat"),
    path("data/", catalogue.catalogue, name="catalogue"),
    path("data/series/<str:key>/", history.series, name="series"),
    path("data/feeds/", feeds.feeds, name="feeds"),
    path("data/feeds/<str:name>/", feeds.feed, name="feed"),
    path("data/feeds/<str:name>/raw/<str:sha256>.json", feeds.parsed, name="parsed"),
    path("data/feeds/<str:name>/raw/<str:sha256>", feeds.raw, name="raw"),
    path("data/<str:kind>/records/<path:id>/", history.record, name="record"),
    path("data/<str:name>.csv-metadata.json", downloads.metadata, name="metadata"),
    re_path(
        r"^data/(?P<name>[^/]+)\.(?P<form>csv|parquet|geojson|json)$",
        downloads.download,
        name="download",
    ),
    re_path(
        r"^data/(?P<name>[^/]+)\.(?P<form>ttl|jsonld|rdf)$", machine.dataset, name="dcat-dataset"
    ),
    path("data/<str:name>/", catalogue.dataset, name="dataset"),
]
