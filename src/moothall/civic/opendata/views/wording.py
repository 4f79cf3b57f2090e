"""How spans of time and outcomes are said."""

import json
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moothall.kernel.audit.chain import Entry


def say_span(span: timedelta) -> str:
    """Say a span of time in its largest whole unit: "15 minutes", "1 day"."""
    seconds = int(span.total_seconds())
    if seconds >= 86400 and seconds % 86400 == 0:
        return ngettext("%(n)s day", "%(n)s days", seconds // 86400) % {"n": seconds // 86400}
    if seconds >= 3600 and seconds % 3600 == 0:
        return ngettext("%(n)s hour", "%(n)s hours", seconds // 3600) % {"n": seconds // 3600}
    if seconds >= 60:
        return ngettext("%(n)s minute", "%(n)s minutes", seconds // 60) % {"n": seconds // 60}
    return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}


def say_promise(promise: timedelta | None) -> str:
    """Say how often a table is promised anew."""
    if promise is None:
        return _("Nothing is promised.")
    return _("New every %(time)s.") % {"time": say_span(promise)}


def say_form(form: str, encoding: str, delimiter: str) -> str:
    """Say what a file was: "CSV, utf-8, cells divided by ;"."""
    signs = {"\t": _("tab"), " ": _("space")}
    parts = [form, encoding]
    if delimiter:
        parts.append(_("cells divided by %(sign)s") % {"sign": signs.get(delimiter, delimiter)})
    return ", ".join(part for part in parts if part)


def say_did(line: Entry) -> str:
    """Say what was done with a table, as a person would; of what is said, which parts."""
    done = {
        "table_added": _("added"),
        "table_file_brought": _("a file brought"),
        "table_file_refused": _("a file refused"),
        "table_file_dropped": _("a file let go"),
        "table_columns_said": _("said what columns are"),
        "table_described": _("said anew"),
        "table_fetch_asked": _("asked to fetch the file"),
        "table_check_failed": _("the file could not be fetched or taken"),
        "table_published": _("published"),
        "table_withdrawn": _("withdrawn"),
    }.get(line.did, line.did.replace("_", " "))
    parts = {
        "title": _("title"),
        "summary": _("what it is"),
        "publisher": _("who publishes it"),
        "licence": _("licence"),
        "theme": _("theme"),
        "promise_days": _("promise"),
        "contact": _("contact"),
        "keywords": _("keywords"),
        "url": _("address of its file"),
        "every_hours": _("how often it is fetched"),
    }
    try:
        changed = json.loads(line.detail).get("changed", [])
    except (ValueError, AttributeError):
        changed = []
    named = ", ".join(parts.get(one, one) for one in changed)
    return f"{done}: {named}" if named else done


def say_asked(what: str) -> str:
    """Say what in a new version should be meant."""
    return {
        "half-gone": _("It has fewer than half of the rows that are public now."),
        "columns-changed": _("Its columns are not those that are public now."),
    }[what]
