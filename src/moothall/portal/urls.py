"""Addresses of the portal's pages."""

from django.urls import path

from moothall.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("city.css", views.city_css, name="city-css"),
]
