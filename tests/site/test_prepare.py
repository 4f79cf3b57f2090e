"""Stores and assets are made ready in one process, on the first start as on any other."""

import os
import subprocess
import sys

FIRST_START = """
import pathlib, sys
from moothall.site import prepare
from moothall.ui import assets
here = pathlib.Path(sys.argv[1])
staged = here / "staged"
staged.mkdir()
(staged / "a.css").write_text("a { color: red }")
assets.BUILT = here / "built"
assets.build = lambda **_: assets._collect(staged)
prepare.prepare()
from django.contrib.auth import get_user_model
print(assets.BUILT.is_dir(), get_user_model().objects.count())
"""


def test_assets_built_on_the_first_start_leave_the_settings_to_the_databases(tmp_path):
    environ = {**os.environ, "MOOTHALL_HOME": str(tmp_path / "home")}
    for name in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "REPLAY"):
        environ.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", FIRST_START, str(tmp_path)],
        env=environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "0"]
