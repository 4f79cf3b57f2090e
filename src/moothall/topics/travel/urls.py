"""Where the pages of getting around live."""

from django.urls import path

from moothall.topics.travel import views

app_name = "travel"
urlpatterns = [
    path("travel/", views.overview, name="overview"),
    path("travel/buses/", views.buses, name="buses"),
    path("travel/buses/<path:bus_id>/", views.bus, name="bus"),
    path("cycling/", views.cycling, name="cycling"),
    path("cycling/counters/<path:counter_id>/", views.counter, name="counter"),
    path("charging/", views.charging, name="charging"),
    path("charging/<path:point_id>/", views.charge_point, name="charge_point"),
]
