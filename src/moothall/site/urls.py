"""The addresses of the site: the portal's, then each service's own."""

from django.urls import include, path

from moothall.site import discovery

urlpatterns = [
    path("account/", include("moothall.kernel.identity.urls")),
    path("", include("moothall.portal.urls")),
    *(path("", include(module)) for module in discovery.url_modules()),
]
