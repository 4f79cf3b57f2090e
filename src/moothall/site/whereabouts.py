"""Where this Moothall keeps its stores and finds its packs: in a checkout, or installed."""

import os
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[1]
CHECKOUT = HOUSE.parents[1]


def home() -> Path:
    """Return the folder of the stores: MOOTHALL_HOME, else in the checkout, else this account's."""
    given = os.environ.get("MOOTHALL_HOME")
    if not given and (CHECKOUT / "pyproject.toml").is_file():
        given = str(CHECKOUT / ".moothall")
    return Path(given or Path.home() / ".local" / "share" / "moothall").resolve()


def packs() -> Path:
    """Return the folder of the packs that came with it: a wheel has them inside the package."""
    inside = HOUSE / "packs"
    return inside if inside.is_dir() else CHECKOUT / "packs"
