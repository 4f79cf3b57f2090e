"""Whatever keeps a source from us is said in words, with who can do something about it."""

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.kernel.feeds.conftest import NOW, items, make_feed

from moothall.kernel.feeds import addresses, health, http, reading, runner, unreached
from moothall.kernel.feeds.fetching import UnableToFetch, Validators
from moothall.kernel.feeds.politeness import Hosts
from moothall.values.observations import Mender
from moothall.values.requests import Payload, Request

US, PUBLISHER = Mender.US, Mender.PUBLISHER


def fetch(url: str, *, resolve=addresses.resolve, **request) -> UnableToFetch:
    client = http.Client(
        allow_hosts=frozenset({"127.0.0.1", "source.example"}),
        environment={},
        hosts=Hosts(apart_s=0),
        resolve=resolve,
        timeout=httpx.Timeout(1.0),
        deadline_s=1.5,
    )
    with pytest.raises(UnableToFetch) as caught:
        client.fetch(
            Request(url=url, **request), feed=make_feed(url), validators=Validators(), now=NOW
        )
    client.close()
    return caught.value


@pytest.mark.parametrize(
    ("status", "words", "mender"),
    [
        (400, "it does not take our request (400)", US),
        (401, "it does not let us in (401): look at the key", US),
        (403, "it does not let us in (403)", US),
        (404, "there is nothing at that address (404)", US),
        (410, "it may have moved", US),
        (429, "it asks us to ask less often", PUBLISHER),
        (500, "it is in trouble: it answered 500", PUBLISHER),
        (503, "it is out of service for now", PUBLISHER),
    ],
)
def test_an_answer_that_brings_nothing_says_who_can_mend_it(source, status, words, mender):
    source.says(b"", status=status)

    fault = fetch(source.url)

    assert words in str(fault)
    assert fault.mender is mender


def test_a_host_where_nothing_listens_is_told():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    fault = fetch(f"http://127.0.0.1:{port}/")

    assert "nothing listens there" in str(fault)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (socket.EAI_AGAIN, "this machine may have no way out"),
        (socket.EAI_NONAME, "there is no host called source.example"),
    ],
)
def test_a_name_that_cannot_be_looked_up_is_told_and_is_ours_to_mend(monkeypatch, number, words):
    def fails(*args, **more):
        raise socket.gaierror(number, "as the system says it")

    monkeypatch.setattr(socket, "getaddrinfo", fails)

    fault = fetch("https://source.example/levels?key=secret")

    assert words in str(fault)
    assert fault.mender is US
    assert "secret" not in str(fault)


def test_a_machine_without_a_way_out_is_told(monkeypatch):
    def unreachable(*args, **more):
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", unreachable)

    fault = fetch("http://source.example/", resolve=lambda host, port: ("203.0.113.7",))

    assert "this machine has no way to it" in str(fault)
    assert fault.mender is US


def test_an_answer_that_breaks_off_half_way_is_told(source):
    def half(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"{")
        handler.close_connection = True

    source.answer = half

    fault = fetch(source.url)

    assert "it broke off before its answer was complete" in str(fault)
    assert fault.mender is PUBLISHER


def test_a_web_page_in_place_of_data_is_told_as_one():
    feed = make_feed("https://source.example/")
    payload = Payload(
        body=b"\n<!DOCTYPE html><title>Sign in to the council's guest network</title>",
        request=Request(url="https://source.example/"),
        fetched_at=NOW,
        media_type="text/html",
    )

    with pytest.raises(reading.UnableToParse, match="a web page came in place of data"):
        reading.parse(feed, payload, {})


def test_who_must_mend_a_run_is_kept_with_it(source, house, around, clock):
    source.says(b"", status=401)
    feed = make_feed(source.url)
    runner.run(feed, params={}, around=around, clock=clock)

    [issue] = health.list_issues(feed.name)
    assert issue.mender == "us"

    source.says(b"", status=500)
    runner.run(feed, params={}, around=around, clock=clock)
    assert health.list_issues(feed.name)[0].mender == "publisher"


def test_a_key_that_is_not_set_is_ours_to_mend():
    fault = fetch("https://source.example/?key={env:THE_KEY}")

    assert "THE_KEY is not set" in str(fault)
    assert fault.mender is US


def certificate(folder: Path, *, name: str, days: int) -> tuple[Path, Path]:
    """Make a certificate for a host, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - dt.timedelta(days=100))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.fixture
def secure(tmp_path) -> Iterator[int]:
    """A port that speaks TLS with a certificate nobody signed but itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path, name="source.example", days=10))
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                line, _ = server.accept()
                context.wrap_socket(line, server_side=True).close()
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def test_a_certificate_that_cannot_be_trusted_is_told(secure):
    fault = fetch(f"https://source.example:{secure}/", resolve=lambda host, port: ("127.0.0.1",))

    assert "its certificate is signed by nobody but itself" in str(fault)
    assert fault.mender is PUBLISHER


def test_plain_words_where_a_safe_connection_was_wanted_are_told(source):
    fault = fetch(source.url.replace("http:", "https:"))

    assert "no safe connection could be agreed on" in str(fault)


@pytest.mark.parametrize(
    ("code", "words"),
    [(10, "has expired"), (62, "for another host"), (20, "nobody we know"), (9, "not valid")],
)
def test_what_is_wrong_with_a_certificate_is_said(code, words):
    cause = ssl.SSLCertVerificationError("as OpenSSL says it")
    cause.verify_code = code
    fault = httpx.ConnectError("as the library says it")
    fault.__cause__ = cause

    said, mender = unreached.explain(fault)

    assert words in said
    assert mender is PUBLISHER


def test_a_good_answer_after_all_this_is_still_read(source, house, around, clock):
    source.says(items(0.5))

    assert runner.run(make_feed(source.url), params={}, around=around, clock=clock).observations
