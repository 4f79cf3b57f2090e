"""The vocabularies a catalogue is described with, and what we say in them.

Source:   https://op.europa.eu/en/web/eu-vocabularies (data themes, frequencies, file types),
          https://www.iana.org/assignments/media-types/
"""

from dataclasses import dataclass
from datetime import timedelta

AUTHORITY = "http://publications.europa.eu/resource/authority"
MEDIA_TYPES = "https://www.iana.org/assignments/media-types"

THEMES = {
    "AGRI": "Agriculture, fisheries, forestry and food",
    "ECON": "Economy and finance",
    "EDUC": "Education, culture and sport",
    "ENER": "Energy",
    "ENVI": "Environment",
    "GOVE": "Government and public sector",
    "HEAL": "Health",
    "INTR": "International issues",
    "JUST": "Justice, legal system and public safety",
    "REGI": "Regions and cities",
    "SOCI": "Population and society",
    "TECH": "Science and technology",
    "TRAN": "Transport",
}

FREQUENCIES = (
    (timedelta(minutes=1), "1MIN"),
    (timedelta(minutes=5), "5MIN"),
    (timedelta(minutes=10), "10MIN"),
    (timedelta(minutes=15), "15MIN"),
    (timedelta(minutes=30), "30MIN"),
    (timedelta(hours=1), "HOURLY"),
    (timedelta(hours=2), "BIHOURLY"),
    (timedelta(hours=3), "TRIHOURLY"),
    (timedelta(hours=12), "12HRS"),
    (timedelta(days=1), "DAILY"),
    (timedelta(days=7), "WEEKLY"),
    (timedelta(days=14), "BIWEEKLY"),
    (timedelta(days=31), "MONTHLY"),
    (timedelta(days=62), "BIMONTHLY"),
    (timedelta(days=92), "QUARTERLY"),
    (timedelta(days=183), "ANNUAL_2"),
    (timedelta(days=366), "ANNUAL"),
    (timedelta(days=732), "BIENNIAL"),
)
LANGUAGES = {"en": "ENG", "cy": "CYM", "pl": "POL", "ur": "URD", "fr": "FRA", "de": "DEU"}


@dataclass(frozen=True, slots=True)
class Form:
    """What a form of file is called."""

    words: str
    media_type: str
    file_type: str
    """In the EU's vocabulary."""
    standard: str = ""
    """URI of the standard such a file follows; "" if its media type says it all."""


FORMS = {
    "csv": Form("CSV", "text/csv", "CSV", "https://www.rfc-editor.org/rfc/rfc4180"),
    "parquet": Form("Parquet", "application/vnd.apache.parquet", "PARQUET"),
    "geojson": Form(
        "GeoJSON", "application/geo+json", "GEOJSON", "https://www.rfc-editor.org/rfc/rfc7946"
    ),
    "json": Form("JSON", "application/json", "JSON"),
    "xlsx": Form(
        "XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"
    ),
}
"""The forms we offer files in."""
OTHERS = {
    "doc": Form("DOC", "application/msword", "DOC"),
    "docx": Form(
        "DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "DOCX"
    ),
    "gml": Form("GML", "application/gml+xml", "GML"),
    "gpkg": Form("GeoPackage", "application/geopackage+sqlite3", "GPKG"),
    "html": Form("HTML", "text/html", "HTML"),
    "jsonld": Form("JSON-LD", "application/ld+json", "JSON_LD"),
    "kml": Form("KML", "application/vnd.google-earth.kml+xml", "KML"),
    "ods": Form("ODS", "application/vnd.oasis.opendocument.spreadsheet", "ODS"),
    "pdf": Form("PDF", "application/pdf", "PDF"),
    "rdf": Form("RDF/XML", "application/rdf+xml", "RDF_XML"),
    "tsv": Form("TSV", "text/tab-separated-values", "TSV"),
    "ttl": Form("Turtle", "text/turtle", "RDF_TURTLE"),
    "txt": Form("TXT", "text/plain", "TXT"),
    "xls": Form("XLS", "application/vnd.ms-excel", "XLS"),
    "xml": Form("XML", "application/xml", "XML"),
    "zip": Form("ZIP", "application/zip", "ZIP"),
}
"""Forms of files that others hold."""


def form_of(name: str) -> Form:
    """Return what a form of file is called; one that nobody here knows is called by its name."""
    return FORMS.get(name) or OTHERS.get(name) or Form(name.upper(), "", "")


def frequency_of(promise: timedelta) -> str:
    """Name the EU frequency that a promise keeps: the shortest that is no shorter than it."""
    for span, name in FREQUENCIES:
        if promise <= span:
            return name
    return "IRREG"


def duration_of(span: timedelta) -> str:
    """Write a span as an ISO 8601 duration: PT15M, P1D."""
    seconds = int(span.total_seconds())
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    time = "".join(f"{number}{unit}" for number, unit in parts if number)
    said = (f"{days}D" if days else "") + (f"T{time}" if time else "")
    return f"P{said or 'T0S'}"
