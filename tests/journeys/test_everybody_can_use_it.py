"""Everybody can use every page: by eye, ear or keyboard, wide or narrow, with scripts or not."""

import pytest

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/now/",
    "/now/list/",
    "/near/",
    "/near/?ward=Armley",
    "/near/?postcode=nonsense",
    "/search/",
    "/search/?q=bridge",
    "/status/",
    "/how-this-works/",
    "/accessibility/",
    "/privacy/",
    "/sitemap/",
    "/no-such-page/",
)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(site, browser, faults, scheme):
    with browser.new_context(color_scheme=scheme, bypass_csp=True) as context:
        page = context.new_page()
        found = {}
        for address in PAGES:
            page.goto(site + address)
            if (said := faults(page)) != "[]":
                found[address] = said
        assert not found, "\n".join(f"{address}: {said}" for address, said in found.items())


@pytest.mark.parametrize("site", ["leicester"], indirect=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_other_city_s_colours(site, browser, faults, scheme):
    with browser.new_context(color_scheme=scheme, bypass_csp=True) as context:
        page = context.new_page()
        for address in ("/", "/now/", "/near/"):
            page.goto(site + address)
            assert faults(page) == "[]"


@pytest.mark.parametrize("language", ["en-GB", "ur", "gu"])
def test_nothing_runs_off_a_screen_of_320_pixels(site, browser, language):
    size = {"width": 320, "height": 640}
    way = "rtl" if language == "ur" else "ltr"
    with browser.new_context(viewport=size, locale=language) as context:
        page = context.new_page()
        for address in PAGES:
            page.goto(site + address)
            assert page.evaluate(OVERFLOW) <= 0, address
            assert page.locator("html").get_attribute("dir") == way, address


def test_urdu_runs_from_right_to_left(site, browser):
    with browser.new_context(locale="ur") as context:
        page = context.new_page()
        page.goto(f"{site}/now/")
        name, search = page.locator(".mast__name"), page.locator(".mast__search")
        assert name.bounding_box()["x"] > search.bounding_box()["x"]
        label = page.locator(".fact__label").first
        value = page.locator(".fact__value").first
        assert label.bounding_box()["x"] > value.bounding_box()["x"]
        # A number and its unit keep their order.
        assert value.inner_text().split() == ["0.66", "m"]
        assert page.locator("nav.menu a").first.inner_text() != "City now"


@pytest.mark.parametrize("address", ["/", "/now/", "/near/"])
def test_large_text_still_fits(site, browser, address):
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(site + address)
        page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        assert page.evaluate(OVERFLOW) <= 0


def test_the_first_stop_of_the_keyboard_leads_past_the_menu(site, page):
    page.goto(f"{site}/now/")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to main content"
    assert skip.bounding_box()["height"] > 20
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_every_stop_of_the_keyboard_can_be_seen(site, page):
    page.goto(f"{site}/")
    plain = (
        "el => { const s = getComputedStyle(el); return s.boxShadow + s.outline + s.background }"
    )
    stops = 0
    for _ in range(60):
        page.keyboard.press("Tab")
        stop = page.locator(":focus")
        where = stop.evaluate("el => el.outerHTML.slice(0, 90)") if stop.count() else "body"
        if where.startswith("<body") or where == "body":
            break
        stops += 1
        assert "rgb(255, 210, 63)" in stop.evaluate(plain), where
    assert stops > 20


def test_targets_are_large_enough_to_hit(site, browser):
    with browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True) as context:
        page = context.new_page()
        page.goto(f"{site}/near/")
        page.locator(".menu summary").click()
        wanted = "button, input:not([type=hidden]), select, nav.menu a, nav.menu summary"
        for control in page.locator(wanted).all():
            box = control.bounding_box()
            assert box, control.evaluate("el => el.outerHTML")
            assert box["height"] >= 24, control.evaluate("el => el.outerHTML")
            assert box["width"] >= 24, control.evaluate("el => el.outerHTML")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_menu_of_a_telephone_is_one_row_that_opens_without_scripts(site, browser, scripts):
    size = {"width": 320, "height": 640}
    with browser.new_context(viewport=size, java_script_enabled=scripts) as context:
        page = context.new_page()
        page.goto(f"{site}/now/")
        menu, last = page.locator("nav.menu"), page.locator(".menu__more a").last
        assert menu.bounding_box()["height"] < 56
        assert not last.is_visible()
        page.locator(".menu summary").focus()
        page.keyboard.press("Enter")
        assert last.is_visible()
        # It pushes the page down: nothing that has the focus is ever under it.
        main = page.locator("main").bounding_box()
        assert main["y"] >= menu.bounding_box()["y"] + menu.bounding_box()["height"] - 1


def test_the_menu_of_a_wide_screen_is_open_and_has_nothing_to_open(site, page):
    page.goto(f"{site}/now/")
    assert page.locator(".menu__more a").last.is_visible()
    assert not page.locator(".menu summary").is_visible()


@pytest.mark.parametrize(
    "address", ["/near/?postcode=LS1+4AP", "/near/?ward=Atlantis", "/search/?q="]
)
def test_an_error_is_told_in_the_title_and_leads_to_its_field(site, page, address):
    page.goto(site + address)
    assert page.title().startswith("Error: ")
    told = page.locator(".govuk-error-summary a")
    told.click()
    field = page.locator(":focus")
    assert field.get_attribute("aria-describedby")
    assert page.locator(f"#{field.get_attribute('id')}-error").is_visible()


def test_the_first_page_says_whether_anything_is_wrong(site, page):
    page.goto(f"{site}/")
    verdict = page.locator(".verdict")
    assert verdict.inner_text().strip()
    box, first = verdict.bounding_box(), page.locator(".tiles").bounding_box()
    assert box["y"] < first["y"]


def test_a_page_is_whole_without_scripts(site, browser):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        for address in PAGES:
            page.goto(site + address)
            assert page.locator("h1").count() == 1, address
            assert len(page.locator("main").inner_text()) > 50, address


def test_near_me_works_without_scripts(site, browser):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{site}/near/")
        page.get_by_label("Ward", exact=True).select_option(label="Armley")
        page.get_by_role("button", name="Show this ward").click()
        assert page.locator("h1").inner_text() == "Near Armley"
        assert page.get_by_role("row", name="Old bridge").is_visible()


@pytest.mark.django_db(transaction=True)
def test_a_language_can_be_chosen_without_scripts(site, browser):
    with browser.new_context(java_script_enabled=False, locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"{site}/now/")
        page.get_by_role("button", name="اردو").click()
        assert page.url == f"{site}/now/"
        assert page.locator("html").get_attribute("dir") == "rtl"
        page.get_by_role("button", name="English").click()
        assert page.locator("html").get_attribute("dir") == "ltr"


def test_a_map_has_its_list(site, page):
    page.goto(f"{site}/now/")
    page.get_by_role("link", name="Everything on the map, as lists").click()
    assert page.get_by_role("row", name="Old bridge").is_visible()


def test_on_paper_there_are_no_controls_and_the_facts_stay(site, page):
    page.goto(f"{site}/now/")
    page.emulate_media(media="print")
    assert not page.locator(".mast__search").is_visible()
    assert not page.locator("nav.menu").is_visible()
    assert not page.locator(".map").is_visible()
    assert page.get_by_text("Usual for the season").is_visible()


def test_who_wants_no_movement_gets_none(site, browser):
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(f"{site}/now/")
        page.locator(".fact").first.evaluate("el => el.classList.add('changed')")
        length = page.locator(".fact").first.evaluate(
            "el => getComputedStyle(el).animationDuration"
        )
        assert float(length.rstrip("s")) < 0.01
