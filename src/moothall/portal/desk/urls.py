"""Addresses of the officers' pages about feeds."""

from django.urls import path

from moothall.portal.desk import feeds

app_name = "desk"
urlpatterns = [
    path("feeds/", feeds.list_feeds, name="feeds"),
    path("feeds/<str:feed>/", feeds.feed, name="feed"),
    path("feeds/<str:feed>/run", feeds.run_now, name="run-now"),
    path("feeds/<str:feed>/raw/<str:sha256>", feeds.raw, name="raw"),
]
