"""Where the energy pages live."""

from django.urls import path

from moothall.topics.energy import views

app_name = "energy"
urlpatterns = [
    path("energy/", views.energy, name="energy"),
    path("energy/forecast/", views.forecast, name="forecast"),
]
