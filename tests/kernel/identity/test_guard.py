"""The door of the officers' pages."""

import pytest
from django.http import HttpResponse
from django.urls import include, path

from moothall.kernel.identity.guard import staff_required
from moothall.kernel.identity.roles import LADDER

pytestmark = pytest.mark.django_db


@staff_required("publisher")
def publish(request):
    """Stand in for an officers' page."""
    return HttpResponse("published")


@pytest.fixture(autouse=True)
def _one_guarded_page(settings):
    class Routes:
        urlpatterns = [
            path("desk/publish/", publish),
            path("account/", include("moothall.kernel.identity.urls")),
        ]

    settings.ROOT_URLCONF = Routes


def test_a_stranger_is_sent_to_sign_in_and_back(client):
    answer = client.get("/desk/publish/?page=2")

    assert answer.status_code == 302
    assert answer["Location"] == "/account/login/?next=/desk/publish/%3Fpage%3D2"


def test_staff_without_a_second_factor_are_sent_to_set_one_up(sign_in):
    answer = sign_in("admin", second_factor=False).get("/desk/publish/")

    assert (answer.status_code, answer["Location"]) == (302, "/account/2fa/")


@pytest.mark.parametrize("role", LADDER)
def test_a_role_opens_its_own_pages_and_those_below(sign_in, role):
    answer = sign_in(role.value).get("/desk/publish/")

    assert answer.status_code == (200 if role in {"publisher", "admin"} else 403)


def test_an_account_without_a_role_opens_nothing(client, django_user_model):
    from allauth.mfa.models import Authenticator

    person = django_user_model.objects.create_user("new@council.example")
    Authenticator.objects.create(user=person, type="totp", data={"secret": "unused"})
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert client.get("/desk/publish/").status_code == 403


def test_an_officers_page_is_never_kept_by_a_cache(sign_in):
    kept = sign_in("admin").get("/desk/publish/")["Cache-Control"]

    assert "no-store" in kept
    assert "private" in kept
