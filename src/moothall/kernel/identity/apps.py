"""Start-up: permissions are known once Django is ready."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Staff accounts, roles and sign-in."""

    name = "moothall.kernel.identity"
    label = "identity"

    def ready(self) -> None:
        """Name the permissions."""
        from moothall.kernel.identity import roles

        roles.add_permissions()
