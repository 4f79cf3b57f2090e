"""Where the inclusion pages live."""

from django.urls import path

from moothall.topics.inclusion import views

app_name = "inclusion"
urlpatterns = [
    path("inclusion/", views.wards, name="wards"),
    path("inclusion/<slug:gss>/", views.area, name="area"),
]
