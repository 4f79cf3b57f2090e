"""Where the flood pages live."""

from django.urls import path

from moothall.topics.flood import views

app_name = "flood"
urlpatterns = [
    path("flood/", views.levels, name="levels"),
    path("flood/gauges/<slug:gauge_id>/", views.gauge, name="gauge"),
]
