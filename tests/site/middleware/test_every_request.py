"""What every request passes through, and what every answer carries."""

import pytest
from django.test import Client, RequestFactory

from moothall.kernel.identity import urls
from moothall.site.middleware.client import Client as ClientMiddleware
from moothall.site.middleware.limits import GUESSING, name_client

pytestmark = pytest.mark.django_db

CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}


@pytest.mark.parametrize("address", ["/account/login/", "/nowhere/", "/healthz"])
def test_every_answer_carries_the_headers_a_browser_guards_by(client, address):
    answer = client.get(address)

    policy = {part.strip() for part in answer["Content-Security-Policy"].split(";")}
    assert policy >= CSP
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert len(answer["X-Request-ID"]) == 32


def test_a_form_without_its_token_is_refused_in_words():
    answer = Client(enforce_csrf_checks=True).post("/account/login/", {"login": "a"})

    assert answer.status_code == 403
    assert "Nothing was saved" in answer.content.decode()


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1:80@evil"])
def test_another_sites_name_is_refused(client, host):
    assert client.get("/account/login/", headers={"host": host}).status_code == 400


def test_a_load_balancer_may_ask_by_number(client):
    assert client.get("/healthz", headers={"host": "10.1.2.3:8000"}).status_code == 200


def passed(settings, proxies, **meta):
    """Send a request through the client middleware alone; return it."""
    settings.TRUSTED_PROXIES = proxies
    seen = []
    ClientMiddleware(seen.append)(RequestFactory().get("/", **meta))
    return seen[0]


FORGED = {
    "HTTP_X_FORWARDED_FOR": "198.51.100.1",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "evil.example",
    "HTTP_X_REQUEST_ID": "forged-request-id",
}


def test_forwarded_headers_of_a_stranger_are_thrown_away(settings):
    request = passed(settings, ["10.0.0.0/8"], REMOTE_ADDR="203.0.113.9", **FORGED)

    assert request.client == "203.0.113.9"
    assert not request.is_secure()
    assert "evil" not in request.get_host()
    assert not {name for name in request.META if name.startswith("HTTP_X_FORWARDED")}
    assert "HTTP_X_REQUEST_ID" not in request.META


def test_our_own_proxy_is_believed(settings):
    request = passed(settings, ["10.0.0.0/8"], REMOTE_ADDR="10.1.2.3", **FORGED)

    assert request.client == "198.51.100.1"
    assert request.is_secure()


@pytest.mark.parametrize(
    ("hops", "client"),
    [
        ("198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("not-an-address, 198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, rubbish", "10.1.2.3"),
        ("", "10.1.2.3"),
        ("2001:db8::7", "2001:db8::7"),
    ],
)
def test_the_client_is_the_last_address_that_is_not_ours(settings, hops, client):
    request = passed(settings, ["10.0.0.0/8"], REMOTE_ADDR="10.1.2.3", HTTP_X_FORWARDED_FOR=hops)

    assert request.client == client


def test_a_proxy_on_a_unix_socket_is_believed_only_when_named(settings):
    assert passed(settings, ["unix"], REMOTE_ADDR="", **FORGED).client == "198.51.100.1"
    assert passed(settings, [], REMOTE_ADDR="", **FORGED).client == ""


@pytest.fixture
def limited(settings):
    settings.LIMIT_READING = "3/minute"
    settings.LIMIT_SIGN_IN = "2/minute"


def test_a_client_over_its_limit_is_told_how_long_to_wait(limited):
    client = Client()
    answers = [client.get("/account/login/") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert "Too many requests" in answers[-1].content.decode()
    assert client.get("/healthz").status_code == 200


def test_another_client_is_not_held_up(limited):
    client = Client()
    for _ in range(4):
        client.get("/account/login/", REMOTE_ADDR="203.0.113.9")

    assert client.get("/account/login/", REMOTE_ADDR="203.0.113.10").status_code == 200


def test_guessing_passwords_is_counted_across_processes(limited):
    tried = {"login": "jo@council.example", "password": "guess"}
    first, second = Client(), Client()  # each has middleware of its own, as processes have

    answers = [client.post("/account/login/", tried) for client in (first, second, first)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_every_page_that_takes_a_password_or_a_code_counts_as_guessing():
    def walk(patterns, root="/account/"):
        for one in patterns:
            here = root + str(one.pattern)
            yield from walk(one.url_patterns, here) if hasattr(one, "url_patterns") else [here]

    words = ("login", "authenticate", "password/change")
    asking = {address for address in walk(urls.urlpatterns) if any(w in address for w in words)}

    assert asking == set(GUESSING)


def test_a_neighbour_in_an_ipv6_network_is_the_same_client():
    assert name_client("2001:db8:1:2::1") == name_client("2001:db8:1:2:ffff::9")
    assert name_client("2001:db8:1:2::1") != name_client("2001:db8:1:3::1")
    assert "203.0" not in name_client("203.0.113.9")


@pytest.mark.parametrize(
    ("stated", "status"), [("99999999999", 413), ("-1", 400), ("many", 400), ("٣", 400)]
)
def test_a_request_too_large_or_with_a_length_that_lies_is_refused(client, stated, status):
    answer = client.post("/account/login/", b"x", content_type="text/plain", CONTENT_LENGTH=stated)

    assert answer.status_code == status


def test_an_endless_address_is_refused(client):
    assert client.get("/search/", {"q": "x" * 9000}).status_code == 414


def test_the_log_has_the_route_and_never_the_query_or_the_client(client, caplog):
    with caplog.at_level("INFO"):
        client.get("/account/login/?postcode=LE1+1AA", REMOTE_ADDR="203.0.113.9")

    lines = [record.msg for record in caplog.records if record.name == "moothall.request"]
    assert lines[-1]["route"] == "/account/login/"
    assert lines[-1]["status"] == 200
    assert "LE1" not in str(lines)
    assert "203.0.113" not in str(lines)


@pytest.mark.parametrize("address", ["/near/?ward=%00", "/data/%00/", "/search/?q=a%00b", "/%00"])
def test_a_null_character_in_an_address_is_refused(client, address):
    assert client.get(address).status_code == 400


def test_a_null_character_written_into_a_cookie_is_refused(client):
    cookie = r'moothall="\000\000\000\000\000\000\000\000"'
    assert client.get("/account/login/", headers={"cookie": cookie}).status_code == 400


@pytest.mark.parametrize("address", ["/near/", "/now.json", "/account/login/", "/nowhere/"])
def test_a_cache_never_mixes_the_languages_people_chose(client, address):
    varies = {name.strip() for name in client.get(address)["Vary"].split(",")}
    assert varies >= {"Accept-Language", "Cookie"}


@pytest.mark.parametrize(
    "address", ["/static/no-such-file", "/healthz/x", "/ingest/flood.readings"]
)
def test_no_address_is_asked_for_without_end(limited, address):
    client = Client()
    answers = [client.get(address).status_code for _ in range(4)]

    assert answers[-1] == 429


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "DEBUG"])
def test_a_way_to_ask_that_we_do_not_know_is_refused(client, method):
    assert client.generic(method, "/account/login/").status_code == 405


def test_what_writes_is_counted_across_processes(settings):
    settings.LIMIT_WRITING = "2/minute"
    first, second = Client(), Client()
    answers = [one.post("/language/", {"language": "ur"}) for one in (first, second, first)]

    assert [answer.status_code for answer in answers] == [302, 302, 429]


def test_what_is_costly_is_counted_across_processes(settings, lake):
    settings.LIMIT_COSTLY = "2/minute"
    first, second = Client(), Client()
    answers = [one.get("/data/flood.readings.csv") for one in (first, second, first)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert first.get("/data/").status_code == 200


@pytest.mark.parametrize(
    "onward",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)",
     "https:evil.example", "\x09//evil.example", "///evil.example", "https://testserver@evil.example"],
)  # fmt: skip
def test_signing_in_and_choosing_a_language_lead_nowhere_else(
    client, django_user_model, onward, settings
):
    person = django_user_model.objects.create_user("jo@council.example", "heron canal lantern")
    tried = {"login": person.email, "password": "heron canal lantern", "next": onward}

    assert client.post("/account/login/", tried)["Location"].startswith("/desk/")
    assert client.post("/account/logout/", {"next": onward})["Location"] == "/"
    chosen = client.post("/language/", {"language": "ur", "next": onward})
    assert chosen["Location"] == "/"


def test_a_session_begun_by_somebody_else_is_not_the_one_signed_in(client, django_user_model):
    person = django_user_model.objects.create_user("jo@council.example", "heron canal lantern")
    session = client.session
    session["planted"] = "yes"
    session.save()
    before = session.session_key
    client.cookies["moothall"] = before

    client.post("/account/login/", {"login": person.email, "password": "heron canal lantern"})

    assert client.session.session_key != before
    stolen = Client()
    stolen.cookies["moothall"] = before
    assert stolen.get("/account/2fa/").status_code == 302
