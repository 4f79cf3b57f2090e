"""Addresses of the portal's pages."""

from django.urls import path

from moothall.portal.ingest import ingest
from moothall.portal.views import feed_rows, language, machine, pages

app_name = "portal"
urlpatterns = [
    path("", pages.home, name="home"),
    path("now/", pages.city_now, name="now"),
    path("now/list/", pages.now_list, name="now-list"),
    path("now.json", machine.now_json, name="now-json"),
    path("now/features.geojson", machine.features, name="features"),
    path("now/outline.geojson", machine.outline, name="outline"),
    path("now/outline.svg", machine.outline_svg, name="outline-svg"),
    path("near/", pages.near_me, name="near"),
    path("search/", pages.search_all, name="search"),
    path("status/", pages.sources, name="status"),
    path("status.csv", feed_rows.status_csv, name="status-csv"),
    path("status.json", feed_rows.status_json, name="status-json"),
    path("how-this-works/", pages.how_this_works, name="how-this-works"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("privacy/", pages.privacy, name="privacy"),
    path("sitemap/", pages.all_pages, name="sitemap"),
    path("sitemap.xml", machine.sitemap, name="sitemap-xml"),
    path("robots.txt", machine.robots, name="robots"),
    path("city.css", machine.city_css, name="city-css"),
    path("ingest/<str:feed>/", ingest, name="ingest"),
    path("language/", language.choose, name="language"),
]
