"""How fast each registered feed's parser reads: items a second, from its fixture multiplied.

    python benchmarks/parsers.py [feed ...] [feed=FILE ...]

The fixture beside a feed's test (tests/<shelf>/<service>/feeds/<source>.*) is repeated until it
holds some 50,000 items and parsed with the parameters the test itself uses (its PARAMS, or else
the pack's), as of the instant the test reads it (its READ_AT or NOW), in its ROLE if it has one.
In each copy whatever names the item (a field or column called an id, a code, a reference) is
made another, so that no parser gains by having met it before. An item is one entry of
the payload (a count, in an archive of tables), or one fact or issue it yields, whichever are
more. The payload goes through the one door all go through (`kernel.feeds.reading.parse`). The
time is the processor's, of one core, so that a busy machine does not blur it. The claim: every
parser reads 50,000 a second. Fixtures are fuller of faults than life is, and a fault costs more
than a fact; with a FILE the feed reads that in its fixture's place, multiplied likewise.
"""

import csv
import importlib.util
import io
import os
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
from lxml import etree

ROOT = Path(__file__).resolve().parents[1]
CLAIM = 50_000
WANTED = 50_000
TURNS = 3
DAYS_BACK = 400
DIGITS_ENOUGH = 4
"""Digits at the end of a name that are enough to tell all copies apart."""
NAMES = re.compile(
    r"(.*_)?(id|ref|notation|code|gss|chargedeviceid|.*deviceid|reference|lsoa\d*cd|wd\d*cd"
    r"|measure|stationreference|floodareaid|systemcodenumber)",
    re.IGNORECASE,
)
"""Fields and columns that name an item."""
DAY = re.compile(r"\d{4}-\d\d-\d\d")

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "moothall.site.settings")
os.environ.setdefault("MOOTHALL_HOME", tempfile.mkdtemp(prefix="moothall-benchmark-"))
os.environ.setdefault("CITY", "leeds")


def find_fixture(module: str) -> Path | None:
    """Find the fixture of a feed's module at its mirrored path."""
    folder = ROOT / "tests" / Path(*module.split(".")[1:]).parent
    stem = module.rpartition(".")[2]
    found = sorted(path for path in folder.glob(f"{stem}.*") if path.suffix != ".py")
    return found[0] if found else None


def load_test(fixture: Path) -> ModuleType:
    """Load the test beside a fixture, for the parameters it uses."""
    stem = fixture.name.partition(".")[0]
    path = fixture.with_name(f"test_{stem}.py")
    spec = importlib.util.spec_from_file_location(f"benchmarked_{stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def multiply(body: bytes, suffix: str) -> tuple[bytes, int]:
    """Repeat what a payload lists until it holds about WANTED entries; return it and how many."""
    if suffix in {".json", ".geojson"}:
        return _multiply_json(body)
    if suffix in {".csv", ".txt"}:
        return _multiply_rows(body)
    if suffix == ".xml":
        return _multiply_xml(body)
    if suffix == ".pb":
        from google.transit import gtfs_realtime_pb2

        # Messages one after another are one message with all their entries.
        entries = len(gtfs_realtime_pb2.FeedMessage.FromString(body).entity)
        times = max(1, WANTED // max(1, entries))
        return body * times, entries * times
    if suffix == ".zip":
        return _multiply_archive(body)
    return body, 0


def _longest_list(value: Any) -> list[Any]:
    found = value if isinstance(value, list) else []
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        inner = _longest_list(part) if isinstance(part, dict | list) else []
        # The outer of two lists is the one that lists the items.
        if len(inner) > len(found) and not (isinstance(value, list) and value):
            found = inner
    return found


def _multiply_json(body: bytes) -> tuple[bytes, int]:
    whole = orjson.loads(body)
    entries = _longest_list(whole)
    given = list(entries)
    for copy in range(1, max(1, WANTED // max(1, len(given)))):
        entries += [_renamed(entry, copy) for entry in given]
    return orjson.dumps(whole), len(entries)


def _renamed(entry: Any, copy: int) -> Any:
    """Copy an entry of JSON, whatever names it made another: its ids, references and codes."""
    if not isinstance(entry, dict):
        return entry
    made = {}
    for key, value in entry.items():
        if isinstance(value, dict) and key.lower() != "geometry":
            made[key] = _renamed(value, copy)
        elif isinstance(value, str) and value and NAMES.fullmatch(key) and value[-1].isalnum():
            made[key] = _another(value, copy)
        elif isinstance(value, int) and not isinstance(value, bool) and NAMES.fullmatch(key):
            made[key] = value + 1_000_000 * copy
        else:
            made[key] = value
    return made


def _another(name: str, copy: int) -> str:
    """Give another name of the same shape: the digits at its end, else letters after it."""
    digits = len(name) - len(name.rstrip("0123456789"))
    if digits >= DIGITS_ENOUGH:
        return f"{name[:-digits]}{(int(name[-digits:]) + copy * 37) % 10**digits:0{digits}}"
    return f"{name}{copy}"


def _multiply_rows(body: bytes) -> tuple[bytes, int]:
    lines = body.decode("utf-8-sig").splitlines(keepends=True)
    widths = [len(next(csv.reader(io.StringIO(line)), [])) for line in lines]
    header = widths.index(max(widths))
    rows = lines[header + 1 :]
    times = max(1, WANTED // max(1, len(rows)))
    if rows and not rows[-1].endswith("\n"):
        rows[-1] += "\n"
    named = [
        place
        for place, name in enumerate(next(csv.reader([lines[header]]), []))
        if NAMES.fullmatch(name.strip().strip('"'))
    ]
    many = list(rows)
    for copy in range(1, times):
        many += [_renamed_row(row, named, copy) for row in rows]
    return "".join([*lines[: header + 1], *many]).encode(), len(many)


def _renamed_row(row: str, named: list[int], copy: int) -> str:
    cells = next(csv.reader([row]), [])
    for place in named:
        if place < len(cells) and cells[place][-1:].isalnum():
            cells[place] = _another(cells[place], copy)
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(cells)
    return written.getvalue()


def _multiply_archive(body: bytes) -> tuple[bytes, int]:
    """Give each table of days in an archive the days before its own, with the same counts."""
    made, entries = io.BytesIO(), 0
    with (
        zipfile.ZipFile(io.BytesIO(body)) as given,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in given.namelist():
            told = given.read(name)
            lines = told.decode("utf-8-sig").splitlines()
            # The fullest row; one without a cell empty.
            rows = [line.partition(",") for line in lines[1:]]
            days = [date.fromisoformat(day) for day, _, _ in rows if DAY.fullmatch(day)]
            if name.endswith(".csv") and days:
                full = max((cells for _, _, cells in rows), key=len)
                before = (min(days) - timedelta(days=back) for back in range(1, DAYS_BACK))
                lines += [f"{day},{full}" for day in before]
                entries += 24 * DAYS_BACK
                told = "\n".join(lines).encode()
            new.writestr(name, told)
    return made.getvalue(), entries


def _multiply_xml(body: bytes) -> tuple[bytes, int]:
    root = etree.fromstring(body)
    parent = max(root.iter(), key=len)
    children = list(parent)
    times = max(1, WANTED // max(1, len(children)))
    for _ in range(times - 1):
        for child in children:
            parent.append(etree.fromstring(etree.tostring(child)))
    return etree.tostring(root), len(children) * times


def measure(feed: Any, packs: Any, file: str) -> tuple[int, float, int] | None:
    """Parse a feed's fixture or a file, multiplied; return items, the best time and issues."""
    from moothall.kernel.feeds import reading
    from moothall.values.requests import Payload, Request

    fixture = find_fixture(feed.parse.__module__)
    if fixture is None:
        return None
    test = load_test(fixture)
    params: Mapping[str, Any] = getattr(test, "PARAMS", None) or packs.current().params(feed.name)
    read_at = getattr(test, "READ_AT", None) or getattr(test, "NOW", None) or datetime.now(UTC)
    given = Path(file) if file else fixture
    body, entries = multiply(given.read_bytes(), given.suffix)
    payload = Payload(
        body=body, request=Request(url="", role=getattr(test, "ROLE", "")), fetched_at=read_at
    )
    best, batch = float("inf"), None
    for _ in range(TURNS):
        began = time.process_time()
        batch = reading.parse(feed, payload, {**params, "now": read_at})
        best = min(best, time.process_time() - began)
    rows = 0 if batch.table is None else batch.table.num_rows
    yielded = len(batch.observations) + len(batch.records) + rows
    issues = sum(issue.count for issue in batch.issues)
    return max(entries, yielded + issues), best, issues


def main() -> int:
    """Measure the feeds named, or all; the exit status says whether the claim holds."""
    import django

    django.setup()
    from moothall.kernel import packs
    from moothall.kernel.feeds.reading import UnableToParse
    from moothall.kernel.registry import house
    from moothall.site import discovery

    discovery.fill_registry()
    asked = {name: file for name, _, file in (given.partition("=") for given in sys.argv[1:])}
    chosen = [feed for feed in house.feeds() if not asked or feed.name in asked]
    slow = 0
    print(f"{'feed':<28}{'items':>9}{'items/s':>12}{'claim':>9}{'issues':>9}")
    for feed in sorted(chosen, key=lambda one: one.name):
        try:
            found = measure(feed, packs, asked.get(feed.name, ""))
        except (ValueError, UnableToParse) as fault:
            # A feed of several roles: its test names the one of its fixture as ROLE.
            print(f"{feed.name:<28}  its fixture cannot be multiplied: {fault}")
            continue
        if found is None:
            print(f"{feed.name:<28}  has no fixture")
            continue
        items, seconds, issues = found
        rate = items / seconds
        slow += rate < CLAIM
        print(f"{feed.name:<28}{items:>9,}{rate:>12,.0f}{rate / CLAIM:>8.1f}x{issues:>9,}")
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
