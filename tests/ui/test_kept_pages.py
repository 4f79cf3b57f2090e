"""A page that is the same for everybody is made once."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.http import Http404, HttpResponse

from moothall.kernel.keeping import kept
from moothall.ui import pages

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def ask(rf, lake):
    """Ask one view, and count how often it was run."""
    ran = []

    def asked(path, *, asks=(), answer=None, **headers):
        @pages.kept_page(asks=asks)
        def view(request, name=""):
            ran.append(request.get_full_path())
            if answer is not None:
                return answer()
            return HttpResponse(f"for {request.GET.get('page', 'nobody')}")

        request = rf.get(path, **headers)
        request.now = NOON
        return view(request)

    asked.ran = ran
    kept.forget()
    yield asked
    kept.forget()


def test_a_tag_on_a_link_neither_makes_a_page_anew_nor_reaches_the_next_reader(ask):
    first = ask("/a/?fbclid=of-one-person")
    second = ask("/a/?utm_source=x")
    assert ask.ran == ["/a/"]
    assert first.content == second.content == b"for nobody"


def test_what_a_page_asks_for_makes_a_page_of_its_own(ask):
    assert ask("/a/?page=2&utm=x", asks=("page",)).content == b"for 2"
    assert ask("/a/?page=3", asks=("page",)).content == b"for 3"
    assert ask("/a/?utm=y&page=2", asks=("page",)).content == b"for 2"
    assert ask.ran == ["/a/?page=2", "/a/?page=3"]


def test_somebody_signed_in_has_a_page_of_their_own(ask):
    cookie = {"HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}=x"}
    ask("/a/", **cookie)
    ask("/a/")
    ask("/a/", **cookie)
    assert len(ask.ran) == 3


def test_it_is_squeezed_for_who_can_take_it(ask):
    plain, squeezed = ask("/a/"), ask("/a/", HTTP_ACCEPT_ENCODING="gzip, br")
    assert plain.content == b"for nobody"
    assert squeezed["Content-Encoding"] == "gzip"
    assert {"Accept-Encoding", "Accept-Language", "Cookie"} <= set(plain["Vary"].split(", "))


def test_what_is_not_found_or_wrong_is_not_kept(ask):
    def missing():
        raise Http404

    for _ in range(2):
        with pytest.raises(Http404):
            ask("/a/", answer=missing)
        assert ask("/a/", answer=lambda: HttpResponse("no", status=422)).status_code == 422
    assert len(ask.ran) == 4
    assert not kept._kept
