"""Where the car park pages live."""

from django.urls import path

from moothall.topics.parking import views

app_name = "parking"
urlpatterns = [
    path("parking/", views.car_parks, name="car_parks"),
    path("parking/<path:car_park_id>/", views.car_park, name="car_park"),
]
