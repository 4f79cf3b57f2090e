"""A browser, and the whole site served to it from this very process."""

import importlib.util
import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
PACKS = CHECKOUT / "packs"

_SPEC = importlib.util.spec_from_file_location(
    "invented_city", HERE.parent / "portal" / "invented_city.py"
)
invented = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(invented)


AXE = CHECKOUT / "node_modules" / "axe-core" / "axe.min.js"


AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: the tests say what failed."""


@pytest.fixture(scope="session")
def assets():
    """The built styles and scripts, and the tools that tests alone need."""
    from moothall.ui import assets

    assets.build(dev=True)


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium):
    """Debian's own Chromium, with nothing of its own to say to anybody."""
    return {
        "executable_path": chromium,
        "headless": True,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="module")
def site(assets, request, tmp_path_factory):
    """The address of the invented services' site, served by threads; Leeds unless asked."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.urls import resolve

    from moothall.kernel import packs
    from moothall.kernel.keeping import kept
    from moothall.kernel.observations import lake
    from moothall.kernel.registry import house
    from moothall.ui import frame

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    resolve("/")  # the addresses are read once in a process, and are those of the whole house
    pack, before, feeds = settings.CITY_PACK, house.services, house._feeds
    settings.CITY_PACK = str(PACKS / getattr(request, "param", "leeds"))
    folder = tmp_path_factory.mktemp("lake")
    own = lake.Lake(database_url=f"sqlite:///{folder}/lake.sqlite3", store=str(folder / "lake"))
    lake.use(own)
    house.fill((invented.service(), invented.broken_service()))
    for each in (packs.current.cache_clear, kept.forget, frame.forget):
        each()
    now = datetime.now(UTC)
    own.append(
        invented.batch(now - timedelta(minutes=4), 0.66), feed="wells.readings", key="1", now=now
    )
    server = make_server("127.0.0.1", 0, get_wsgi_application(), _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)
    house.services, house._feeds, settings.CITY_PACK = before, feeds, pack
    lake.use(None)
    for each in (packs.current.cache_clear, kept.forget, frame.forget):
        each()


@pytest.fixture
def browser_context_args(browser_context_args):
    """People come with every setting; these are the ones a test starts from."""
    return {**browser_context_args, "locale": "en-GB", "viewport": {"width": 1280, "height": 900}}


@pytest.fixture
def watched(page):
    """A page, and all that its browser complained about."""
    said = []
    page.on(
        "console",
        lambda message: (
            said.append(message.text)
            if message.type == "error" and "/live/" not in (message.location or {}).get("url", "")
            else None
        ),
    )
    page.on("pageerror", lambda fault: said.append(str(fault)))
    page.complaints = said
    return page


@pytest.fixture(scope="session")
def faults(assets):
    """What axe finds on a page as it stands, in writing: "[]" for nothing."""
    return _run_axe


def _run_axe(page, rules=()) -> str:
    """Run axe on the page as it stands and write what it found."""
    # Through the debugger, since the page's own policy rightly lets no script in.
    found = page.evaluate(
        "([source, only]) => { (0, eval)(source); return axe.run(document, {runOnly: only,"
        " resultTypes: ['violations']}).then(found => found.violations) }",
        [AXE.read_text(encoding="utf-8"), list(rules) or AXE_RULES],
    )
    return json.dumps(
        [
            {
                "rule": fault["id"],
                "where": [node["html"][:160] for node in fault["nodes"]][:4],
                "why": [node["failureSummary"][:300] for node in fault["nodes"]][:2],
            }
            for fault in found
        ],
        indent=1,
    )
