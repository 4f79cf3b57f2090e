"""A member of staff, from the link they are given: app, passkey, recovery code, a lost telephone.

A real browser with an authenticator of its own speaks to a real process; with scripts and without.
"""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

MOOTHALL = (sys.executable, "-c", "from moothall.site.cli import app; app()")
PASSWORD = "a long walk by the canal"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Site:
    """One web process with stores of its own, and the commands of its engineer."""

    def __init__(self, folder) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        # A passkey belongs to a name: no browser makes one for a number.
        self.root = f"http://localhost:{port}"
        self.port = port
        self.environ = {
            **os.environ,
            "MOOTHALL_HOME": str(folder / "home"),
            "CITY": "leeds",
            "PORT": str(port),
            "MOOTHALL_LIMITS": "off",
            "MOOTHALL_LOG_LEVEL": "WARNING",
        }

    def tell(self, *words: str) -> str:
        done = subprocess.run([*MOOTHALL, *words], env=self.environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def invite(self, name: str, role: str = "editor") -> str:
        """Make an account; return the address of its link on this site."""
        said = self.tell("staff", "add", f"{name}@council.example", "--role", role)
        return self.root + urlsplit(re.search(r"https?://\S+", said)[0]).path

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.root}/healthz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False


@pytest.fixture(scope="module")
def signing(assets, tmp_path_factory):
    """A site where nobody has an account yet; not even its tables are made."""
    site = Site(tmp_path_factory.mktemp("signing"))
    site.tell("staff", "list")  # the first command an engineer gives makes them
    server = subprocess.Popen(
        [*MOOTHALL, "web", "--port", str(site.port)], env=site.environ, start_new_session=True
    )
    try:
        until = time.monotonic() + 120
        while not site.answers():
            assert server.poll() is None, "the web process ended"
            assert time.monotonic() < until, "the web process does not answer"
            time.sleep(0.2)
        yield site
    finally:
        server.terminate()
        server.wait(timeout=30)


@contextmanager
def visiting(browser, **options):
    """A browser of one's own, and what axe and the console found in it."""
    with browser.new_context(bypass_csp=True, **options) as context:
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda said: said.type == "error" and page.complaints.append(said.text))
        yield page


def enter(page, name: str) -> None:
    """Press a button and wait for the page it leads to."""
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("button", name=name, exact=True).click()


def set_password(page, link: str) -> None:
    page.goto(link)
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    enter(page, "Set password")
    expect(page.locator("h1")).to_have_text("Your password is set")


def give_password(page, site, name: str) -> None:
    page.goto(f"{site.root}/account/login/?next=/desk/")
    page.locator("input[name=login]").fill(f"{name}@council.example")
    page.locator("input[name=password]").fill(PASSWORD)
    enter(page, "Sign in")


def confirm(page) -> None:
    """Give the password again, where a change asks for it."""
    if page.locator("h1").inner_text() == "Confirm it is you":
        page.locator("input[name=password]").fill(PASSWORD)
        enter(page, "Confirm")


def code_of(secret: str, ahead: int = 0) -> str:
    counter = list(totp.yield_hotp_counters_from_time())[ahead]
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def give_authenticator(page):
    """Put an authenticator into this browser, as a laptop with a fingerprint reader has one."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return devtools, made["authenticatorId"]


def test_a_passkey_is_added_signs_in_confirms_and_is_taken_away(signing, browser, faults):
    with visiting(browser) as page:
        set_password(page, signing.invite("kim"))
        devtools, authenticator = give_authenticator(page)
        give_password(page, signing, "kim")
        expect(page.locator("h1")).to_have_text("Second factors")
        page.goto(f"{signing.root}/account/2fa/webauthn/add/")
        confirm(page)
        assert faults(page) == "[]"
        page.locator("input[name=name]").fill("Laptop <b>")
        page.locator("input[name=passwordless]").check(force=True)
        enter(page, "Add it")
        kept = devtools.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})
        assert [key["isResidentCredential"] for key in kept["credentials"]] == [True]
        assert kept["credentials"][0]["rpId"] == "localhost"
        page.goto(f"{signing.root}/account/2fa/webauthn/")
        expect(page.locator("tbody th")).to_have_text("Laptop <b>")
        assert faults(page) == "[]"
        page.goto(f"{signing.root}/desk/")
        assert page.url == f"{signing.root}/desk/"

        # With the passkey alone: no address, no password.
        page.context.clear_cookies()
        page.goto(f"{signing.root}/account/login/?next=/desk/feeds/")
        enter(page, "Sign in with a passkey")
        assert page.url == f"{signing.root}/desk/feeds/"

        # As the second factor after a password.
        page.context.clear_cookies()
        give_password(page, signing, "kim")
        expect(page.locator("h1")).to_have_text("Enter your code")
        assert faults(page) == "[]"
        enter(page, "Use a passkey or security key")
        assert page.url == f"{signing.root}/desk/"

        # An authenticator that does not know its owner lets nobody in.
        page.context.clear_cookies()
        devtools.send(
            "WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False}
        )
        page.goto(f"{signing.root}/account/login/")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.goto(f"{signing.root}/desk/")
        assert "/account/login/" in page.url
        devtools.send(
            "WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True}
        )

        give_password(page, signing, "kim")
        enter(page, "Use a passkey or security key")
        page.goto(f"{signing.root}/account/2fa/webauthn/")
        page.get_by_role("link", name="Remove Laptop <b>").click()
        confirm(page)
        assert faults(page) == "[]"
        enter(page, "Remove it")
        page.goto(f"{signing.root}/desk/")
        assert "/account/" in page.url  # no second factor, no desk


def test_app_recovery_code_and_a_lost_telephone_without_any_script(signing, browser):
    with visiting(browser, java_script_enabled=False) as page:
        set_password(page, signing.invite("lee"))
        give_password(page, signing, "lee")
        page.goto(f"{signing.root}/account/2fa/totp/activate/")
        confirm(page)
        secret = page.locator("main code").inner_text()
        page.locator("input[name=code]").fill("000000")
        enter(page, "Set it up")
        assert page.title().startswith("Error:")
        assert page.locator(".govuk-error-summary a[href='#id_code']").is_visible()
        assert page.locator("#id_code").get_attribute("aria-describedby") == "id_code-error"
        page.locator("input[name=code]").fill(code_of(secret))
        enter(page, "Set it up")
        expect(page.locator("h1")).to_have_text("Recovery codes")
        codes = page.locator("main li code").all_inner_texts()
        assert len(codes) == 10

        def come_back(code: str) -> None:
            page.context.clear_cookies()
            give_password(page, signing, "lee")
            expect(page.locator("h1")).to_have_text("Enter your code")
            page.locator("input[name=code]").fill(code)
            enter(page, "Sign in")

        # The telephone is lost: a recovery code signs in, once.
        come_back(codes[0])
        assert page.url == f"{signing.root}/desk/"
        come_back(codes[0])
        assert page.locator(".govuk-error-summary").is_visible()

        # And the codes as well: the engineer takes the factors away, and new ones are set up.
        signing.tell("staff", "reset-mfa", "lee@council.example")
        page.context.clear_cookies()
        give_password(page, signing, "lee")
        expect(page.locator("h1")).to_have_text("Second factors")


def test_a_code_that_was_used_is_not_taken_again(signing, browser):
    with visiting(browser) as page:
        set_password(page, signing.invite("sam"))
        give_password(page, signing, "sam")
        page.goto(f"{signing.root}/account/2fa/totp/activate/")
        confirm(page)
        secret = page.locator("main code").inner_text()
        page.locator("input[name=code]").fill(code_of(secret))
        enter(page, "Set it up")
        page.context.clear_cookies()
        give_password(page, signing, "sam")
        for _ in range(3):  # a code may run out between two pages
            used = code_of(secret)
            page.locator("input[name=code]").fill(used)
            enter(page, "Sign in")
            if page.url.endswith("/desk/"):
                break
        assert page.url == f"{signing.root}/desk/"
        page.context.clear_cookies()
        give_password(page, signing, "sam")
        page.locator("input[name=code]").fill(used)
        enter(page, "Sign in")
        assert page.locator(".govuk-error-summary").is_visible()


PAGES = (
    "/account/login/",
    "/account/password/reset/",
    "/account/password/reset/done/",
    "/account/password/reset/key/done/",
    "/account/inactive/",
    "/account/signup/",
    "/account/2fa/",
    "/account/2fa/totp/activate/",
    "/account/2fa/webauthn/",
    "/account/2fa/webauthn/add/",
    "/account/password/change/",
    "/account/reauthenticate/",
    "/account/logout/",
)


@pytest.mark.parametrize("language", ["en-GB", "ur"])
def test_every_page_of_an_account_is_for_everybody(signing, browser, faults, language):
    size = {"width": 320, "height": 640}
    link = signing.invite(f"pat-{language.lower()}")
    found = []
    with visiting(browser, locale="en-GB") as page:
        set_password(page, link)
        give_password(page, signing, f"pat-{language.lower()}")
        page.goto(f"{signing.root}/account/2fa/totp/activate/")
        confirm(page)
        signed_in = page.context.storage_state()
    with visiting(browser, viewport=size, locale=language, storage_state=signed_in) as page:
        for address in PAGES:
            page.goto(signing.root + address)
            if (said := faults(page)) != "[]":
                found.append(f"{address}: {said}")
            if page.evaluate(OVERFLOW) > 0:
                found.append(f"{address} is wider than 320 pixels")
            way = page.locator("html").get_attribute("dir")
            if way != ("rtl" if language == "ur" else "ltr"):
                found.append(f"{address} runs {way}")
            if page.locator("h1").count() != 1:
                found.append(f"{address} has {page.locator('h1').count()} h1")
        assert not page.complaints
    assert not found, "\n".join(found)
