"""The front makes its first pages before anybody asks for them."""

import pytest

from moothall.site import front
from moothall.site.wsgi import application

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("secure", [False, True])
def test_the_first_pages_are_made_in_whole_and_not_sent_elsewhere(settings, secure):
    settings.SECURE_SSL_REDIRECT = secure
    made = []

    def watched(environ, start_response):
        def note(status, headers, fault=None):
            made.append((environ["PATH_INFO"], status))

        return application(environ, note)

    front.warm_up(watched)

    assert made == [(path, "200 OK") for path in front.FIRST_PAGES]
