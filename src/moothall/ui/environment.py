"""The Jinja2 environment every page is rendered in."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from jinja2 import ChainableUndefined, Environment, PackageLoader, PrefixLoader, StrictUndefined
from jinja2.loaders import ChoiceLoader
from jinja2.utils import missing

from moothall.ui import cells, formats, frame


@lru_cache(maxsize=8192)
def _said(language: str, message: str) -> str:
    return translation.gettext(message)


def gettext(message: str) -> str:
    """Translate a sentence of a template, looked up once: a long page says some a hundred times."""
    return _said(translation.get_language() or "", message)


class CarefulUndefined(StrictUndefined):
    """Strict about names a view forgot, easy about options a form part's caller left out.

    The form parts take their options as a mapping and ask for many that nobody gave.
    """

    def __new__(
        cls, hint: Any = None, obj: Any = missing, name: Any = None, *rest: Any, **more: Any
    ) -> Any:
        """Make an undefined of the kind that suits where it was looked for."""
        if isinstance(obj, dict) or name == "caller":
            return ChainableUndefined(hint, obj, name, *rest, **more)
        return super().__new__(cls)


def environment(**options: Any) -> Environment:
    """Build the environment: autoescaped, strict about missing names, translated by gettext."""
    options["undefined"] = CarefulUndefined
    env = Environment(  # noqa: S701 - Django passes autoescape=True
        **options, extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True
    )
    env.loader = ChoiceLoader(
        [
            env.loader,  # type: ignore[list-item]
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=gettext,
        ngettext=translation.ngettext,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
        newstyle=True,
    )
    # The form parts compare with these two names of their own.
    env.globals.update(undefined=ChainableUndefined(name="undefined"), null=None)
    env.globals.update(
        static=static,
        url=reverse,
        frame_of=frame.frame_of,
        dataset_title=frame.dataset_title,
        has_dataset=frame.has_dataset,
        fact_row=cells.fact_row,
        state_words=formats.state_words,
        map_style=lambda: getattr(settings, "MAP_STYLE", ""),
    )
    env.filters.update(formats.FILTERS)
    return env
