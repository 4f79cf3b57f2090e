"""The words of the pages in other languages: `python -m moothall.ui.words` gathers and compiles.

`gather` reads every sentence for people out of the code and the templates into the catalogues
under `locale/`; `compile` makes what a running site reads of them. Only the catalogues are
committed.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import catalog, extract, mofile, pofile

from moothall.standards.dcat import words as dcat

HOUSE = Path(__file__).resolve().parents[1]
LOCALE = HOUSE / "locale"
METHODS = [("**/jinja2/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"**/jinja2/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
KEYWORDS = {**extract.DEFAULT_KEYWORDS, "_": None, "gettext_lazy": None}
DECLARED = {
    "Service": ("title", "summary"),
    "Page": ("title", "summary"),
    "Layer": ("title",),
    "Feed": ("title", "summary"),
    "Kind": ("title", "summary"),
}
"""What is declared once, in pure rooms or as a module is read, and translated where it is shown:
whoever shows one of these calls gettext on it."""

BORROWED = ("Email", "Password", "Forgot your password?")
"""What the forms of a library say, in a language it may not know itself."""


def list_catalogues() -> tuple[Path, ...]:
    """Return the catalogues, one a language."""
    return tuple(sorted(LOCALE.glob("*/LC_MESSAGES/django.po")))


def list_declared(house: Path = HOUSE) -> Iterator[tuple[str, str]]:
    """Find the titles and summaries that services, pages, layers, feeds and kinds declare.

    Shape:   (path of the file, sentence), as often as it is declared.
    """
    for path in sorted(house.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if not any(f"{name}(" in text for name in DECLARED):
            continue
        for node in ast.walk(ast.parse(text)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            for given in node.keywords:
                said = given.value
                if given.arg not in DECLARED.get(node.func.id, ()):
                    continue
                if isinstance(said, ast.Constant) and isinstance(said.value, str) and said.value:
                    yield str(path.relative_to(house)), said.value


def find_sentences() -> catalog.Catalog:
    """Return every sentence for people that the house can say."""
    found = catalog.Catalog(project="Moothall", charset="utf-8")
    for name, _line, message, comments, context in extract.extract_from_dir(
        HOUSE, METHODS, options_map=OPTIONS, keywords=KEYWORDS, strip_comment_tags=True
    ):
        found.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    for name, sentence in list_declared():
        found.add(sentence, None, [(name, 0)])
    for sentence in (*BORROWED, *dcat.THEMES.values()):
        found.add(sentence)
    return found


def gather() -> int:
    """Bring every catalogue up to date with the sentences in use; return how many there are."""
    found = find_sentences()
    for path in list_catalogues():
        language = path.parents[1].name
        kept = pofile.read_po(path.open("rb"), locale=language) if path.stat().st_size else None
        words = kept or catalog.Catalog(locale=language, project="Moothall", charset="utf-8")
        words.update(found, no_fuzzy_matching=True)
        words.obsolete.clear()
        with path.open("wb") as file:
            pofile.write_po(file, words, sort_output=True, no_location=True, width=99)
    return len(found)


def compile_all() -> int:
    """Compile the catalogues that changed; return how many did."""
    made = 0
    for path in list_catalogues():
        target = path.with_suffix(".mo")
        if target.is_file() and target.stat().st_mtime_ns >= path.stat().st_mtime_ns:
            continue
        with path.open("rb") as file:
            words = pofile.read_po(file, locale=path.parents[1].name)
        with target.open("wb") as file:
            mofile.write_mo(file, words)
        made += 1
    return made


if __name__ == "__main__":
    if sys.argv[1:] == ["gather"]:
        sys.stdout.write(f"{gather()} sentences gathered.\n")
    sys.stdout.write(f"{compile_all()} catalogues compiled.\n")
