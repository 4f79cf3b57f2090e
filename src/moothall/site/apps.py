"""Start-up: the registry is filled once Django is ready."""

import gc

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The running site."""

    name = "moothall.site"
    label = "moothall_site"

    def ready(self) -> None:
        """Fill the registry from the manifests."""
        from moothall.site import discovery

        discovery.fill_registry()
        # What is loaded now stays. Reading a payload makes many things at once and leaves no
        # cycles: looking for them as often as usual took up to half of a parser's time.
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
