"""Stores and packs are found in a checkout, and where it was installed from a wheel."""

from pathlib import Path

import pytest

from moothall.site import whereabouts
from moothall.ui import assets


def test_in_a_checkout_the_stores_are_in_it(monkeypatch):
    monkeypatch.delenv("MOOTHALL_HOME", raising=False)
    assert whereabouts.home() == whereabouts.CHECKOUT / ".moothall"
    assert (whereabouts.packs() / "leeds" / "city.toml").is_file()


def test_installed_the_stores_are_the_accounts_and_the_packs_are_inside(monkeypatch, tmp_path):
    monkeypatch.delenv("MOOTHALL_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "someone"))
    monkeypatch.setattr(whereabouts, "CHECKOUT", tmp_path / "lib")
    monkeypatch.setattr(whereabouts, "HOUSE", tmp_path / "moothall")
    (tmp_path / "moothall" / "packs").mkdir(parents=True)
    assert whereabouts.home() == tmp_path / "someone" / ".local" / "share" / "moothall"
    assert whereabouts.packs() == tmp_path / "moothall" / "packs"


def test_an_empty_home_in_the_environment_is_none(monkeypatch):
    monkeypatch.setenv("MOOTHALL_HOME", "")
    assert whereabouts.home() == whereabouts.CHECKOUT / ".moothall"


def test_what_a_wheel_brought_is_not_built_again_and_its_lack_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "CHECKOUT", tmp_path)
    monkeypatch.setattr(assets, "BUILT", tmp_path / "built")
    with pytest.raises(assets.UnableToBuildAssets, match="make wheel"):
        assets.build()
    (tmp_path / "built").mkdir()
    Path(tmp_path / "built" / assets.STAMP).touch()
    assert assets.build() is False
