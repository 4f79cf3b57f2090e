"""The guide to open tables is true: its example is whole, and it names every key there is."""

import re
import tomllib
from pathlib import Path

from moothall.civic.tables.rules import faults

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "guide" / "any-table.md").read_text(
    encoding="utf-8"
)


def test_the_example_can_be_copied():
    section = tomllib.loads(re.search(r"```toml\n(.*?)```", GUIDE, re.S)[1])
    assert list(faults.list_faults(section)) == []
    (table,) = faults.read_tables(section, zone="Europe/Berlin")
    assert [one.key for one in (*table.measures, *table.told)] == ["level_db", "street"]


def test_every_key_is_named():
    told = set(re.findall(r"`(\w+)", GUIDE))
    keys = {*faults._TABLE, *faults._MEASURE, *faults._COLUMNS} - {"measure", "fact"}
    assert keys - told == set()
