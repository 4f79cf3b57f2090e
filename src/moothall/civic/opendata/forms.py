"""What officers may say of a table."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from moothall.civic.opendata.actions.load_table import MOST_BYTES
from moothall.civic.opendata.rules import tables
from moothall.values.observations import Column

LICENCES = (
    ("OGL-UK-3.0", _("Open Government Licence 3.0")),
    ("CC-BY-4.0", _("Creative Commons Attribution 4.0")),
    ("CC0-1.0", _("Creative Commons Zero 1.0")),
    ("ODbL-1.0", _("Open Database Licence 1.0")),
)
THEMES = (
    ("", _("None of these")),
    ("AGRI", _("Farming, fishing, forestry and food")),
    ("ECON", _("Economy and finance")),
    ("EDUC", _("Education, culture and sport")),
    ("ENER", _("Energy")),
    ("ENVI", _("Environment")),
    ("GOVE", _("Government and public sector")),
    ("HEAL", _("Health")),
    ("JUST", _("Justice, law and public safety")),
    ("REGI", _("Regions and places")),
    ("SOCI", _("Population and society")),
    ("TECH", _("Science and technology")),
    ("TRAN", _("Transport")),
)
"""Source: https://op.europa.eu/web/eu-vocabularies/dataset/-/resource?uri=http://publications.europa.eu/resource/dataset/data-theme"""
PROMISES = (
    ("", _("No promise")),
    ("1", _("Every day")),
    ("7", _("Every week")),
    ("30", _("Every month")),
    ("91", _("Every three months")),
    ("182", _("Twice a year")),
    ("365", _("Every year")),
    ("1826", _("Every five years")),
)
COLUMNS_AT_ONCE = 100
"""How many columns one form tells of: a form has bounds, a table may have a thousand."""


class FileForm(forms.Form):
    """A file for a table."""

    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "CSV, XLSX, ODS, GeoJSON, GeoPackage, a zipped shapefile or Parquet; at most 60 MB."
        ),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
        },
    )

    def clean_file(self) -> Any:
        """Refuse a file that is too large; errors: ValidationError."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than 60 MB. Send it zipped, or as Parquet.")
            )
        return file


class TableForm(FileForm):
    """A new table: its file, and what is said of it."""

    title = forms.CharField(
        label=_("Title"),
        max_length=120,
        error_messages={"required": _("Give a title.")},
    )
    summary = forms.CharField(
        label=_("What it is, in plain words"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say what it is.")},
    )
    publisher = forms.CharField(
        label=_("Who publishes it"),
        max_length=120,
        error_messages={"required": _("Say who publishes it.")},
    )
    licence = forms.ChoiceField(label=_("Licence"), choices=LICENCES, initial="OGL-UK-3.0")
    theme = forms.ChoiceField(label=_("Theme"), choices=THEMES, required=False)
    promise = forms.ChoiceField(
        label=_("How often it will be new"), choices=PROMISES, required=False
    )
    contact = forms.EmailField(
        label=_("E-mail address people may write to"),
        help_text=_("It is shown to everybody: give one of a team."),
        error_messages={
            "required": _("Give an e-mail address."),
            "invalid": _("Give an e-mail address, like data@council.example."),
        },
    )
    asked = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    field_order = (
        "title",
        "summary",
        "publisher",
        "licence",
        "theme",
        "promise",
        "contact",
        "file",
    )

    def about(self) -> dict[str, Any]:
        """Return what is said of the table."""
        said = self.cleaned_data
        kept = ("title", "summary", "publisher", "licence", "theme", "contact")
        promise = int(said["promise"]) if said["promise"] else None
        return {**{name: said[name] for name in kept}, "promise_days": promise}


class PublishForm(forms.Form):
    """A yes to publishing what was looked at."""

    digest = forms.RegexField(r"\A[0-9a-f]{64}\Z", widget=forms.HiddenInput)
    meant = forms.BooleanField(required=False)
    why = forms.CharField(required=False, max_length=1000)


def read_columns(
    post: Mapping[str, str], columns: Sequence[Column], before: tables.Said, *, first: int
) -> dict[str, dict[str, Any]]:
    """Read what is said of columns, those of one form; what is no type is not said."""
    said = {}
    for number, column in list(enumerate(columns))[first : first + COLUMNS_AT_ONCE]:
        chosen = post.get(f"type-{number}", "")
        earlier = before.get(column.name, {}).get("type", "")
        said[column.name] = {
            # A type is only said where it differs from what was read: the rest may change.
            "type": chosen if chosen in tables.TYPES and chosen != column.type else earlier,
            "meaning": post.get(f"meaning-{number}", "").strip()[:500],
            "unit": post.get(f"unit-{number}", "").strip()[:20],
            "out": f"out-{number}" in post,
        }
    return said
