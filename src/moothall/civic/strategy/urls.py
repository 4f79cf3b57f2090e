"""Where the strategy's pages live."""

from django.urls import path

from moothall.civic.strategy import views

app_name = "strategy"
urlpatterns = [
    path("plan/", views.plan, name="plan"),
    path("plan/<slug:node_id>/", views.node, name="node"),
]
