"""Speaking to sources: polite, patient and wary."""

import gzip
import threading
import time
import zlib
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.feeds.conftest import NOW, make_feed

from moothall.kernel.feeds import addresses, http
from moothall.kernel.feeds.fetching import UnableToFetch, Validators
from moothall.kernel.feeds.politeness import Hosts
from moothall.values.requests import Request

FEED = make_feed("")


def fetch(client, url, *, feed=FEED, validators=None, **request):
    return client.fetch(
        Request(url=url, **request), feed=feed, validators=validators or Validators(), now=NOW
    )


def test_what_came_is_told_with_its_hash_and_how_to_ask_again(source, client):
    source.says(b"{}", Content_Type="application/json; charset=utf-8", ETag='"one"')

    answer = fetch(client, source.url)

    assert answer.payload.body == b"{}"
    assert answer.payload.media_type == "application/json"
    assert answer.payload.sha256 == (
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )
    assert answer.validators.etag == '"one"'
    assert source.asked[0]["User-Agent"].startswith("Moothall/")


def test_an_unchanged_source_answers_304_and_costs_nothing(source, client):
    source.says(b"", status=304)

    answer = fetch(
        client, source.url, validators=Validators(etag='"one"', last_modified="yesterday")
    )

    assert answer.payload is None
    assert source.asked[0]["If-None-Match"] == '"one"'
    assert source.asked[0]["If-Modified-Since"] == "yesterday"


def test_a_compressed_answer_is_unpacked(source, client):
    body = b"level " * 100_000
    source.says(gzip.compress(body), Content_Encoding="gzip")

    assert fetch(client, source.url).payload.body == body


def test_a_small_answer_that_unpacks_to_a_huge_one_is_refused_before_it_is_unpacked(source, client):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    assert len(bomb) < 300_000
    source.says(bomb, Content_Encoding="gzip")

    with pytest.raises(UnableToFetch, match="larger than the 1,000,000 bytes"):
        fetch(client, source.url, feed=make_feed("", max_bytes=1_000_000))


def test_an_answer_larger_than_the_feed_may_have_is_refused(source, client):
    source.says(bytes(2000))

    with pytest.raises(UnableToFetch, match="larger"):
        fetch(client, source.url, feed=make_feed("", max_bytes=1999))
    assert len(fetch(client, source.url, feed=make_feed("", max_bytes=2000)).payload.body) == 2000


@pytest.mark.parametrize(
    ("body", "coding", "words"),
    [
        (gzip.compress(bytes(9999), mtime=0)[:-9], "gzip", "cut short"),
        (b"not gzip at all", "gzip", "damaged"),
        (b"x", "zstd", "packed as zstd"),
    ],
    ids=["cut short", "damaged", "unasked"],
)
def test_a_damaged_answer_says_so(source, client, body, coding, words):
    source.says(body, Content_Encoding=coding)

    with pytest.raises(UnableToFetch, match=words):
        fetch(client, source.url)


def test_a_source_in_trouble_is_tried_again(source, client):
    def stumbles(handler):
        status = 500 if len(source.asked) == 1 else 200
        source.says(b"well", status=status)
        source.answer(handler)
        source.answer = stumbles

    source.answer = stumbles

    assert fetch(client, source.url).payload.body == b"well"
    assert len(source.asked) == 2


def test_a_source_that_asks_us_to_wait_long_is_left_and_the_wait_is_told(source, client):
    source.says(b"", status=429, Retry_After="3600")

    with pytest.raises(UnableToFetch, match="429") as caught:
        fetch(client, source.url)

    assert caught.value.retry_after == timedelta(hours=1)
    assert len(source.asked) == 1


def test_a_source_that_asks_us_to_wait_until_a_date_is_understood(source, client):
    source.says(b"", status=503, Retry_After="Mon, 05 Jan 2026 10:00:00 GMT")

    with pytest.raises(UnableToFetch) as caught:
        fetch(client, source.url)

    assert caught.value.retry_after == timedelta(minutes=30)


def test_a_page_that_is_not_there_is_not_asked_for_again(source, client):
    source.says(b"", status=404)

    with pytest.raises(UnableToFetch, match="404"):
        fetch(client, source.url)
    assert len(source.asked) == 1


def test_an_answer_that_trickles_is_given_up(source):
    done = threading.Event()

    def trickle(handler):
        handler.send_response(200)
        handler.end_headers()
        while not done.wait(0.05):
            handler.wfile.write(b".")
            handler.wfile.flush()

    source.answer = trickle
    client = http.Client(allow_hosts=frozenset({"127.0.0.1"}), deadline_s=0.3)
    try:
        with pytest.raises(UnableToFetch, match="too slowly"):
            fetch(client, source.url)
    finally:
        done.set()
        client.close()


def test_an_answer_that_never_comes_is_given_up(source):
    done = threading.Event()
    source.answer = lambda handler: done.wait(10)
    client = http.Client(
        allow_hosts=frozenset({"127.0.0.1"}), timeout=httpx.Timeout(0.1), deadline_s=0.2
    )
    try:
        with pytest.raises(UnableToFetch, match="did not answer in time"):
            fetch(client, source.url)
    finally:
        done.set()
        client.close()


def test_a_key_comes_from_the_environment_and_is_never_shown(source, client):
    source.says(b"", status=403)

    with pytest.raises(UnableToFetch) as caught:
        fetch(
            client,
            f"{source.url}/live?key={{env:THE_KEY}}",
            secret_headers={"X-Key": "THE_KEY"},
        )

    assert source.paths == ["/live?key=opensesame"]
    assert source.asked[0]["X-Key"] == "opensesame"
    assert "opensesame" not in str(caught.value)


def test_a_key_that_is_not_set_is_named(client):
    with pytest.raises(UnableToFetch, match="OTHER_KEY is not set"):
        fetch(client, "http://127.0.0.1/", secret_headers={"X-Key": "OTHER_KEY"})


def test_a_redirect_is_followed_but_the_key_stays_at_home(source, client):
    elsewhere = source.url.replace("127.0.0.1", "localhost")

    def answer(handler):
        if handler.path == "/old":
            source.says(b"", status=302, Location=f"{elsewhere}/new")
        else:
            source.says(b"here")
        source.answer(handler)
        source.answer = answer

    source.answer = answer
    client.client._transport._pool._network_backend.allow = frozenset({"127.0.0.1", "localhost"})

    found = fetch(client, f"{source.url}/old", secret_headers={"X-Key": "THE_KEY"})

    assert found.payload.body == b"here"
    assert "X-Key" in source.asked[0]
    assert "X-Key" not in source.asked[1]


def test_a_redirect_to_this_machine_is_refused(source):
    """A public page must not be able to send us into our own network."""
    source.says(b"", status=302, Location="http://inward.test/secret")
    known = {"public.test": ("127.0.0.1",), "inward.test": ("127.0.0.1",)}
    client = http.Client(
        allow_hosts=frozenset({"public.test"}),
        resolve=lambda host, port: known[host],
        hosts=Hosts(apart_s=0),
    )
    port = source.url.rpartition(":")[2]
    try:
        with pytest.raises(UnableToFetch, match="not on the public internet"):
            fetch(client, f"http://public.test:{port}/")
    finally:
        client.close()
    assert len(source.asked) == 1


def test_redirects_without_end_are_given_up(source, client):
    source.says(b"", status=302, Location="/again")

    with pytest.raises(UnableToFetch, match="from one address to another"):
        fetch(client, source.url)
    assert len(source.asked) == http.REDIRECTS + 1


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/x", "gopher://x/", "x"])
def test_only_web_addresses_are_fetched(client, url):
    with pytest.raises(UnableToFetch):
        fetch(client, url)


def test_this_machine_is_refused_unless_a_setting_names_it(source):
    source.says(b"secret")
    client = http.Client()
    try:
        with pytest.raises(UnableToFetch, match="not on the public internet"):
            fetch(client, source.url)
    finally:
        client.close()
    assert source.asked == []


def test_a_name_that_changes_its_mind_gains_nothing(source):
    """DNS rebinding: the address judged is the address connected to."""
    answers = iter([("93.184.215.14",), ("127.0.0.1",)])
    tried = []

    class Inner:
        def connect_tcp(self, host, *rest):
            tried.append(host)
            raise addresses.httpcore.ConnectError("far away")

    backend = addresses.GuardedBackend(resolve=lambda host, port: next(answers))
    backend.inner = Inner()

    with pytest.raises(addresses.httpcore.ConnectError):
        backend.connect_tcp("rebinding.test", 80)
    with pytest.raises(addresses.UnableToConnect):
        backend.connect_tcp("rebinding.test", 80)
    assert tried == ["93.184.215.14"]


def test_one_inward_address_among_public_ones_is_enough_to_refuse():
    backend = addresses.GuardedBackend(resolve=lambda host, port: ("93.184.215.14", "10.0.0.1"))

    with pytest.raises(addresses.UnableToConnect):
        backend.connect_tcp("both.test", 80)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fec0::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
    ],
)
def test_addresses_that_lead_inwards_are_known(address):
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111"])
def test_addresses_on_the_internet_are_known(address):
    assert addresses.is_public(address)


@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fc00::/7"))
def test_no_private_address_passes(address):
    assert not addresses.is_public(str(address))


def test_a_host_that_nobody_knows_is_told_in_a_sentence():
    def unknown(host, port):
        raise addresses.httpcore.ConnectError("no such name")

    client = http.Client(resolve=unknown, deadline_s=0.1)
    try:
        with pytest.raises(UnableToFetch, match=r"could not be reached"):
            fetch(client, "http://nowhere.test/x?key=secret")
    finally:
        client.close()


def test_requests_to_one_host_are_kept_apart_and_others_are_not():
    slept = []
    clock = iter(range(1000))
    hosts = Hosts(apart_s=5, clock=lambda: next(clock) * 0.001, sleep=slept.append)

    for name in ("one.test", "one.test", "two.test", "one.test"):
        with hosts.turn(name):
            pass

    assert [round(seconds) for seconds in slept] == [5, 10]


def test_no_more_than_two_at_once_at_one_host():
    hosts, most, busy = Hosts(at_once=2, apart_s=0), [0], [0]
    lock = threading.Lock()

    def visit():
        with hosts.turn("one.test"):
            with lock:
                busy[0] += 1
                most[0] = max(most[0], busy[0])
            time.sleep(0.01)
            with lock:
                busy[0] -= 1

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [2]


def test_a_local_socket_is_no_source():
    with pytest.raises(addresses.UnableToConnect):
        addresses.GuardedBackend().connect_unix_socket("/run/docker.sock")


def test_looking_up_a_name_gives_each_address_once():
    assert addresses.resolve("127.0.0.1", 80) == ("127.0.0.1",)
    with pytest.raises(addresses.httpcore.ConnectError):
        addresses.resolve("no-such-host.invalid", 80)
