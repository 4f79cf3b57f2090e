"""A dirty CSV of 400,000 rows: read with every fault, kept, kept again; of the processor.

    python benchmarks/tables.py [rows]

Prints rows a second of processor time to read; seconds to keep; to keep the same again (a no-op).
"""

import os
import random
import resource
import sys
import tempfile
from datetime import UTC, datetime

ROWS = 400_000
COLUMNS = (
    "id",
    "name",
    "ward",
    "kind",
    "height_m",
    "girth_cm",
    "planted",
    "seen_at",
    "cost",
    "safe",
)


def write(rows: int) -> tuple[bytes, int]:
    """Write a dirty file; return it, and how many of its cells are at fault."""
    rand = random.Random(1)
    lines, wrong = [",".join(COLUMNS)], 0
    for number in range(rows):
        cells = [
            str(number),
            rand.choice(("Oak", "Ash", "Café tree", '"Elm, wych"')),
            rand.choice(("Armley", "Beeston", "Headingley")),
            rand.choice(("street", "park")),
            f"{rand.random() * 30:.2f}",
            str(rand.randrange(400)),
            f"20{rand.randrange(10, 26)}-{rand.randrange(1, 13):02}-{rand.randrange(1, 29):02}",
            f"2026-01-{rand.randrange(1, 29):02}T09:{rand.randrange(60):02}:00Z",
            f"{rand.randrange(9000) / 100:.2f}",
            rand.choice(("yes", "no")),
        ]
        if rand.random() < 0.05:
            column, bad = rand.choice(((4, "tall"), (5, "about 30"), (6, "2020-02-31"), (8, "x1")))
            cells[column] = bad
            wrong += 1
        lines.append(",".join(cells))
    return "\n".join(lines).encode(), wrong


def spent() -> float:
    """Return the processor time this process has used, in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure, and fail where a fault or a row is lost."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory(prefix="moothall-tables-") as home:
        os.environ.update(MOOTHALL_HOME=home, DJANGO_SETTINGS_MODULE="moothall.site.settings")
        import django

        django.setup()
        from moothall.kernel.tables import versions
        from moothall.standards.tables import reading

        body, wrong = write(rows)
        began = spent()
        found = reading.read(body, name="trees.csv")
        reading_s = spent() - began
        told = found.faults["sort"].to_pylist()
        errors = sum(sort.startswith("not-a") for sort in told)
        if found.table.num_rows != rows or errors != wrong:
            sys.exit(f"lost: {found.table.num_rows} of {rows} rows, {errors} of {wrong} faults")

        def keep() -> float:
            began = spent()
            versions.keep(
                "table.trees",
                found.table,
                columns=found.columns,
                faults=found.faults,
                raw="",
                form=found.form,
                geometry=None,
                now=datetime(2026, 1, 5, tzinfo=UTC),
            )
            return spent() - began

        first, again = keep(), keep()
        if len(versions.list_versions("table.trees")) != 1:
            sys.exit("the same rows made a new version")
        print(f"read    {rows / reading_s:>10,.0f} rows/s ({wrong:,} faults, all told)")
        print(f"keep    {first:>10.2f} s")
        print(f"again   {again:>10.2f} s, no new version")


if __name__ == "__main__":
    main()
