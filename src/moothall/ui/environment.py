"""The Jinja2 environment every page is rendered in."""

from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined
from jinja2.loaders import ChoiceLoader

from moothall.ui import formats, frame


def environment(**options: Any) -> Environment:
    """Build the environment: autoescaped, strict about missing names, translated by gettext."""
    options["undefined"] = StrictUndefined
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
        gettext=translation.gettext,
        ngettext=translation.ngettext,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
        newstyle=True,
    )
    env.globals.update(
        static=static,
        url=reverse,
        frame_of=frame.frame_of,
        state_words=formats.state_words,
        map_style=lambda: getattr(settings, "MAP_STYLE", ""),
    )
    env.filters.update(formats.FILTERS)
    return env
