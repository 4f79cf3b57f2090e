"""Where the air pages live."""

from django.urls import path

from moothall.topics.air import views

app_name = "air"
urlpatterns = [
    path("air/", views.air, name="air"),
    path("air/sites/<slug:site_id>/", views.site, name="site"),
]
