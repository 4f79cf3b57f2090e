"""The whole house as it runs, on what its feeds make up: every page for everybody, an officer's
day, and a value that changes under a reader's eyes."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime
from html import unescape
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.urls import Resolver404, resolve
from playwright.sync_api import expect

from moothall.kernel.observations.lake import Lake
from moothall.kernel.registry import Arrival, house
from moothall.portal.queries.pages import list_portal_pages
from moothall.values.observations import Batch, Observation, Origin

pytestmark = pytest.mark.browser

LINK = re.compile(r'<a [^>]*href="([^"#]*)[^"]*"[^>]*>(.*?)</a>', re.S)
HREF = re.compile(r'href="(/[^"#]*)"')
SHOWN = "text/html"
MOOTHALL = (sys.executable, "-c", "from moothall.site.cli import app; app()")
EMAIL, PASSWORD = "officer@council.example", "a long walk by the canal"
ODD = (
    "/near/?ward=Armley",
    "/near/?postcode=nonsense",
    "/search/?q=river",
    "/search/?q=gritting",
    "/account/login/",
    "/account/password/reset/",
    "/no-such-page/",
    "/data/no.such/",
)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SHIFTS = (
    "window.moved = 0; new PerformanceObserver(list => { for (const e of list.getEntries())"
    " window.moved += e.value }).observe({type: 'layout-shift', buffered: true})"
)


class House:
    """The address of a running house, and what its processes were given."""

    def __init__(self, folder) -> None:
        (folder / "recordings").mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.root = f"http://127.0.0.1:{port}"
        self.stores = folder / "home" / "leeds-replay"
        self.environ = {
            **os.environ,
            "MOOTHALL_HOME": str(folder / "home"),
            "CITY": "leeds",
            "PORT": str(port),
            # A folder without recordings: nothing is fetched, every feed shows its stand-in.
            "REPLAY": str(folder / "recordings"),
            "MOOTHALL_LIMITS": "off",
        }

    def tell(self, *words: str) -> str:
        """Give the house a command; return what it said."""
        done = subprocess.run(
            [*MOOTHALL, *words], env=self.environ, capture_output=True, text=True, check=True
        )
        return done.stdout

    def read_json(self, address: str) -> str:
        """Return an answer made for programs."""
        with urllib.request.urlopen(self.root + address) as answer:
            return answer.read().decode()

    def read(self, address: str) -> tuple[str, str]:
        """Return a page's text, if it is one for people, and its address after redirections."""
        with urllib.request.urlopen(self.root + address) as answer:
            shown = answer.headers["Content-Type"].startswith(SHOWN)
            return (answer.read().decode() if shown else ""), urlsplit(answer.url).path


@pytest.fixture(scope="module")
def running(assets, tmp_path_factory):
    """A house that runs, every feed of it having brought what it makes up."""
    its = House(tmp_path_factory.mktemp("house"))
    made_up = {feed.name for feed in house.feeds() if feed.simulate is not None}
    process = subprocess.Popen(
        [*MOOTHALL, "run"],
        env=its.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(240):
            try:
                feeds = json.loads(urllib.request.urlopen(f"{its.root}/data.json").read())["feeds"]
                waiting = {feed["name"] for feed in feeds if feed["state"] == "waiting"}
                if not waiting & made_up:
                    break
            except OSError:
                assert process.poll() is None
            time.sleep(0.5)
        yield its
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def walk(running, start) -> dict[str, str]:
    """Follow every link from some pages; return one address for each page there is, by its view."""
    found: dict[str, str] = {}
    waiting = list(start)
    while waiting:
        address = waiting.pop(0)
        try:
            view = resolve(urlsplit(address).path).view_name
        except Resolver404:
            continue
        if view in found or view.startswith(("desk:", "portal:language")):
            continue
        found[view], text = address, running.read(address)[0]
        if text:
            waiting.extend(sorted(set(map(unescape, HREF.findall(text.partition("<main")[2])))))
        else:
            found[view] = ""
    return {view: address for view, address in found.items() if address}


@pytest.fixture(scope="module")
def every_page(running) -> tuple[str, ...]:
    """Each page the registry names, one page of each thing they lead to, and the odd ones."""
    named = [page.url for page in list_portal_pages()]
    named += [page.url for service in house.services for page in service.pages]
    things = walk(running, named).values()
    return tuple(dict.fromkeys((*named, *things, *ODD)))


def test_every_page_of_the_registry_is_walked_and_so_is_one_of_each_thing(every_page):
    shapes = {resolve(urlsplit(page).path).view_name for page in every_page[:-2]}
    assert len(every_page) >= 40
    assert {"opendata:series", "opendata:record", "opendata:feed", "opendata:dataset"} <= shapes


@pytest.fixture
def reader(browser):
    """Open the browser for a test that reads every page and has no need of drawn maps."""
    opened = []

    def open_page(**how):
        context = browser.new_context(bypass_csp=True, **how)
        opened.append(context)
        context.route("**/maplibre*", lambda route: route.abort())
        return context.new_page()

    yield open_page
    for context in opened:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(running, every_page, reader, faults, scheme):
    page, found = reader(color_scheme=scheme), {}
    # What a page is made of is the same in the dark: its colours are what may differ.
    rules = () if scheme == "light" else ("color-contrast", "link-in-text-block")
    for address in every_page:
        page.goto(running.root + address, wait_until="domcontentloaded")
        if (said := faults(page, rules)) != "[]":
            found[address] = said
    assert not found, "\n".join(f"{address}: {said}" for address, said in found.items())


@pytest.mark.parametrize("language", ["en-GB", "ur"])
def test_no_page_runs_off_a_narrow_screen_even_with_wide_spaced_text(
    running, every_page, reader, language
):
    spaced = (
        "* { line-height: 1.5 !important; letter-spacing: 0.12em !important;"
        " word-spacing: 0.16em !important } p { margin-block-end: 2em !important }"
    )
    page, wide = reader(viewport={"width": 320, "height": 640}, locale=language), []
    for address in every_page:
        page.goto(running.root + address, wait_until="domcontentloaded")
        page.add_style_tag(content=spaced)
        if page.evaluate(OVERFLOW) > 0:
            wide.append(address)
    assert not wide


def test_no_two_links_of_a_page_say_the_same_and_lead_to_different_places(running, every_page):
    twice = {}
    for address in every_page[: -len(ODD)]:
        leads: dict[str, set[str]] = {}
        main = running.read(address)[0].partition("<main")[2].partition("</main")[0]
        for to, inside in LINK.findall(main):
            words = " ".join(re.sub(r"<[^>]+>", "", inside).split())
            assert words, f"a link without words on {address}"
            leads.setdefault(words, set()).add(to)
        if same := sorted(words for words, to in leads.items() if len(to) > 1):
            twice[address] = same[:4]
    assert not twice


def test_a_new_observation_changes_the_page_in_front_of_its_reader(running, page):
    page.add_init_script(SHIFTS)
    page.goto(f"{running.root}/now/")
    fact = page.locator(".fact[data-fact]:not(:has(.fact__value--long))").first
    key = fact.get_attribute("data-fact")
    value = fact.locator("[data-series]")
    before = value.inner_text()
    page.wait_for_function(
        "performance.getEntriesByType('resource').some(e => /live/.test(e.name))"
    )
    page.wait_for_timeout(1000)
    store = Lake(
        database_url=f"sqlite:///{running.stores / 'lake.sqlite3'}",
        store=str(running.stores / "lake"),
    )
    feed = store.find_series(key).feed
    series = store.find_series(key).series
    now = datetime.now(UTC)
    seen = Observation(series=key, at=now, result=4321.0, origin=Origin.SIMULATED)
    store.append(Batch(observations=(seen,), series=(series,)), feed=feed, key="by hand", now=now)
    expect(value).to_have_text(re.compile(r"^4,?321"), timeout=10_000)
    assert before != value.inner_text()
    assert page.evaluate("window.moved") < 0.02
    at = fact.locator("time").get_attribute("datetime")
    assert abs((datetime.fromisoformat(at) - now).total_seconds()) < 1


def test_an_officer_signs_in_sees_what_is_wrong_and_has_it_run(running, browser, faults):
    said = running.tell("staff", "add", EMAIL, "--role", "admin")
    link = re.search(r"https?://\S+", said)[0]
    on = {feed["name"] for feed in json.loads(running.read_json("/data.json"))["feeds"]}
    fetched = next(
        feed.name for feed in house.feeds() if feed.arrives is Arrival.PULL and feed.name in on
    )
    with browser.new_context(bypass_csp=True) as context:
        page = context.new_page()
        page.goto(running.root + urlsplit(link).path)
        checked = []

        def check():
            if (fault := faults(page)) != "[]":
                checked.append(f"{page.url}: {fault}")

        def enter():
            with page.expect_navigation(wait_until="domcontentloaded"):
                page.keyboard.press("Enter")

        check()
        for field in page.locator("input[type=password]").all():
            field.fill(PASSWORD)
        enter()
        page.goto(f"{running.root}/desk/")
        if page.locator("input[name=login]").count():
            page.locator("input[name=login]").fill(EMAIL)
            page.locator("input[name=password]").fill("not it at all")
            enter()
            # What was typed is still there, and what is wrong is said.
            assert page.locator("input[name=login]").input_value() == EMAIL
            assert page.locator("[role=alert]").is_visible()
            check()
            page.locator("input[name=password]").fill(PASSWORD)
            enter()
        expect(page.locator("h1")).to_have_text("Second factors")
        check()
        page.get_by_role("link", name="Set up an app").click()
        if page.locator("input[name=password]").count():
            page.locator("input[name=password]").fill(PASSWORD)
            enter()
        secret = page.locator("main code").inner_text()
        check()
        code = totp.format_hotp_value(
            totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time())))
        )
        page.locator("input[name=code]").fill(code)
        enter()
        check()
        page.goto(f"{running.root}/desk/")
        expect(page.locator("h1")).to_have_text("Desk")
        for address in ("/desk/", "/desk/feeds/", "/desk/audit/", "/desk/audit/?verify"):
            page.goto(running.root + address)
            check()
        expect(page.get_by_text("The log is whole")).to_be_visible()
        page.goto(f"{running.root}/desk/feeds/")
        expect(page.locator("main .lead")).to_contain_text("attention")
        page.locator(f"tbody th a[href*='{fetched}']").first.focus()
        enter()
        check()
        run = page.get_by_role("button", name="Run now")
        run.focus()
        enter()
        expect(page.get_by_text("The worker runs it at its next look")).to_be_visible()
        assert not checked, "\n".join(checked)
