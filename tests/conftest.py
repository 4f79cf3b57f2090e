"""What every test may ask for: a lake of its own, the recordings, the pack."""

import os
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RECORDINGS = Path(os.environ.get("MOOTHALL_RECORDINGS", ROOT.parent / "shared" / "data"))
IN_CI = os.environ.get("CI", "").lower() == "true"

os.environ["MOOTHALL_HOME"] = tempfile.mkdtemp(prefix="moothall-test-")
os.environ.setdefault("CITY", "leeds")
os.environ.pop("REPLAY", None)


def unavailable(reason: str) -> None:
    """Skip the test, saying why; in CI, where everything is at hand, fail instead."""
    if IN_CI:
        pytest.fail(f"in CI nothing is skipped: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of real recordings and open data."""
    if not RECORDINGS.is_dir():
        unavailable("the recordings (shared data) are not beside this checkout")
    return RECORDINGS
