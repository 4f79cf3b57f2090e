"""Addresses of the officers' pages."""

from django.urls import path

from moothall.portal.desk import audit, feeds, index

app_name = "desk"
urlpatterns = [
    path("", index.index, name="index"),
    path("audit/", audit.audit, name="audit"),
    path("feeds/", feeds.list_feeds, name="feeds"),
    path("feeds.csv", feeds.table, name="feeds-csv"),
    path("feeds.json", feeds.listing, name="feeds-json"),
    path("feeds/<str:feed>/", feeds.feed, name="feed"),
    path("feeds/<str:feed>/run", feeds.run_now, name="run-now"),
    path("feeds/<str:feed>/raw/<str:sha256>", feeds.raw, name="raw"),
]
