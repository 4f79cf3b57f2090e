"""`moothall doctor`."""

import json
from typing import Annotated

import typer


def doctor(
    audit: Annotated[bool, typer.Option("--audit", help="Only read the audit log.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    url: Annotated[
        str, typer.Option(help="A site whose clock to compare ours with, such as the own URL.")
    ] = "",
) -> None:
    """Say what is unsafe about this set-up, and how to mend it. Ends with 1 if anything is."""
    import django

    django.setup()
    from moothall.kernel import clock
    from moothall.site import doctor as examining
    from moothall.site import findings

    now = clock.now()
    found = tuple(examining.check_audit(now)) if audit else examining.examine(now)
    if url:
        found = (*found, *examining.check_clock(url, clock.now))
    if as_json:
        print(json.dumps([{"weight": f.weight, "what": f.what, "mend": f.mend} for f in found]))
    else:
        for finding in found:
            print(f"{finding.weight.value:>6}  {finding.what}\n        {finding.mend}")
        if not found:
            print("Nothing to mend.")
    if any(finding.weight is findings.Weight.UNSAFE for finding in found):
        raise typer.Exit(1)
