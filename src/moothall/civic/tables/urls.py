"""Where the pages of open tables live."""

from django.urls import path

from moothall.civic.tables import views

app_name = "tables"
urlpatterns = [path("tables/<slug:name>/", views.one_table, name="table")]
