"""Start-up: the registry is filled once Django is ready."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The running site."""

    name = "moothall.site"
    label = "moothall_site"

    def ready(self) -> None:
        """Fill the registry from the manifests."""
        from moothall.site import discovery

        discovery.fill_registry()
