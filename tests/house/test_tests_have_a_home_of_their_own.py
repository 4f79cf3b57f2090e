"""Tests never touch the stores of a house that runs."""

import os
from pathlib import Path

from django.conf import settings


def test_the_stores_of_a_test_run_are_thrown_away_folders():
    assert Path(os.environ["MOOTHALL_HOME"]).resolve() == settings.HOME
    assert settings.HOME.name.startswith("moothall-test-")
