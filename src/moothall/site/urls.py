"""The addresses of the site: the portal's, then each service's own."""

from typing import NoReturn

from django.http import Http404, HttpRequest
from django.urls import include, path
from django.utils.translation import gettext as _

from moothall.site import discovery, health


def _not_here(request: HttpRequest) -> NoReturn:
    raise Http404(_("This city has no such page."))


urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.show_metrics, name="metrics"),
    path("account/", include("moothall.kernel.identity.urls")),
    path("desk/", include("moothall.portal.desk.urls")),
    path("", include("moothall.portal.urls")),
    *(path(page, _not_here) for page in discovery.withdrawn_pages()),
    *(path("", include(module)) for module in discovery.url_modules()),
]

handler400 = "moothall.portal.views.errors.bad_request"
handler403 = "moothall.portal.views.errors.forbidden"
handler404 = "moothall.portal.views.errors.not_found"
handler500 = "moothall.portal.views.errors.fault"
