"""What officers may say of a table."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _

from moothall.civic.opendata.actions.load_table import MOST_BYTES
from moothall.civic.opendata.rules import tables
from moothall.standards.frictionless import MOST_BYTES as MOST_SCHEMA
from moothall.standards.frictionless import read_schema
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


EVERY = (
    ("1", _("Every hour")),
    ("6", _("Every six hours")),
    ("24", _("Every day")),
    ("168", _("Every week")),
    ("720", _("Every month")),
)
"""How often an address may be asked, by the hours between."""
MOST_KEYWORDS = 20


class AddressField(forms.URLField):
    """An address on the web: http or https, and never a name and password in it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(assume_scheme="https", max_length=2000, **more)

    def clean(self, value: Any) -> str:
        """Refuse what could not be fetched; errors: ValidationError."""
        url = str(super().clean(value) or "")
        try:
            parts = urlsplit(url)
            named = parts.username or parts.password
        except ValueError:
            named = "unreadable"
        if url and (named or parts.scheme not in {"http", "https"}):
            raise forms.ValidationError(_("Give an address that begins with https://."))
        return url


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

    schema = forms.FileField(
        label=_("Schema, if there is one"),
        help_text=_("What the columns are: a Frictionless Table Schema, as JSON."),
        required=False,
    )

    def clean_schema(self) -> tables.Said:
        """Read what a schema says of the columns; errors: ValidationError."""
        file = self.cleaned_data["schema"]
        if not file:
            return {}
        try:
            return tables.say(read_schema(file.read(MOST_SCHEMA + 1)))
        except ValueError as fault:
            raise forms.ValidationError(str(fault)) from fault

    def clean_file(self) -> Any:
        """Refuse a file that is too large; errors: ValidationError."""
        file = self.cleaned_data["file"]
        if file and file.size > MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than 60 MB. Send it zipped, or as Parquet.")
            )
        return file


class AboutForm(forms.Form):
    """What is said of a table, and where its file is fetched from."""

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
    keywords = forms.CharField(
        label=_("Keywords"),
        help_text=_("Other words people may look for it by, with commas between."),
        required=False,
        max_length=1000,
    )
    url = AddressField(
        label=_("Address of its file"),
        help_text=_("If it is published on the web already: it is fetched from there by itself."),
        required=False,
        error_messages={"invalid": _("Give an address that begins with https://.")},
    )
    every = forms.ChoiceField(
        label=_("How often to fetch it"), choices=EVERY, initial="24", required=False
    )

    def clean_keywords(self) -> str:
        """Write keywords one way, each once."""
        words = (one.strip()[:60] for one in self.cleaned_data["keywords"].split(","))
        return ", ".join(list(dict.fromkeys(filter(None, words)))[:MOST_KEYWORDS])

    def about(self) -> dict[str, Any]:
        """Return what is said of the table."""
        said = self.cleaned_data
        kept = ("title", "summary", "publisher", "licence", "theme", "contact", "keywords")
        promise = int(said["promise"]) if said["promise"] else None
        return {**{name: said[name] for name in kept}, "promise_days": promise}

    def fetched(self) -> tuple[str, int | None]:
        """Return where its file is fetched from, and every how many hours; "" and None if not."""
        url = self.cleaned_data["url"]
        return (url, int(self.cleaned_data["every"] or 24)) if url else ("", None)


class TableForm(AboutForm, FileForm):
    """A new table: its file, or where that is, and what is said of it."""

    file = forms.FileField(
        label=_("File"),
        help_text=FileForm.base_fields["file"].help_text,
        required=False,
        error_messages={"empty": _("The file is empty.")},
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
        "keywords",
        "file",
        "schema",
        "url",
        "every",
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a file or an address, and not for both; errors: ValidationError."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not {"file", "url"} & self.errors.keys():
            if said.get("file") and said.get("url"):
                self.add_error("url", _("Give a file or an address, not both."))
            elif not (said.get("file") or said.get("url")):
                self.add_error("file", _("Choose a file, or give its address below."))
        return said


class CatalogueForm(forms.Form):
    """Another catalogue to follow."""

    name = forms.CharField(
        label=_("What it is called"),
        max_length=120,
        error_messages={"required": _("Say what it is called.")},
    )
    url = AddressField(
        label=_("Its address"),
        help_text=_("Of the list itself, or of the portal if you say below what it runs on."),
        error_messages={
            "required": _("Give its address."),
            "invalid": _("Give an address that begins with https://."),
        },
    )
    form = forms.ChoiceField(
        label=_("What it is"),
        choices=(
            ("", _("I do not know: look at what it says")),
            ("ckan", "CKAN"),
            ("datapress", "DataPress"),
            ("opendatasoft", "Opendatasoft"),
            ("pod", "data.json"),
            ("jsonld", "DCAT (JSON-LD)"),
            ("ttl", "DCAT (Turtle)"),
            ("rdf", "DCAT (RDF/XML)"),
        ),
        required=False,
    )
    every = forms.ChoiceField(label=_("How often to ask it"), choices=EVERY[1:], initial="24")

    def clean_name(self) -> str:
        """Refuse a name without a letter; errors: ValidationError."""
        name = " ".join(str(self.cleaned_data["name"]).split())
        if not any(sign.isalnum() for sign in name):
            raise forms.ValidationError(_("Say what it is called."))
        return name


class QuestionForm(forms.Form):
    """A question in SQL that is to have an address of its own."""

    title = forms.CharField(
        label=_("What it asks, in plain words"),
        max_length=120,
        error_messages={"required": _("Say what it asks.")},
    )
    slug = forms.SlugField(
        label=_("Its name in the address"),
        help_text=_("Small letters, digits and hyphens, like spaces-by-hour. It stays as it is."),
        max_length=60,
        error_messages={
            "required": _("Give a name for its address."),
            "invalid": _("Use small letters, digits and hyphens only."),
        },
    )
    summary = forms.CharField(
        label=_("What the answer means, and what it does not"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say what the answer means.")},
    )
    sql = forms.CharField(
        label=_("The question in SQL"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        error_messages={"required": _("Write the question.")},
    )
    withdrawn = forms.BooleanField(label=_("Withdrawn: nobody sees it"), required=False)
    asked = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def clean_slug(self) -> str:
        """Write the name in small letters."""
        return str(self.cleaned_data["slug"]).lower()


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
