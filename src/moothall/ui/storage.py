"""Where built assets are found: hashed, compressed, listed in a manifest."""

from typing import Any

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage


class BuiltAssets(CompressedManifestStaticFilesStorage):
    """Hashed assets, served for good once fetched.

    Before anything is built (a bare checkout's unit tests) addresses are plain, so that a page
    still renders, without its styles.
    """

    manifest_strict = False
    keep_only_hashed_files = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Begin with no address said."""
        super().__init__(*arguments, **options)
        self._said: dict[tuple[str | None, bool], str] = {}

    def url(self, name: str | None, force: bool = False) -> str:
        """Return the address of an asset."""
        if not self.hashed_files:
            return f"{settings.STATIC_URL}{name}"
        # A page says a dozen; what is built does not change while it is served.
        found = self._said.get((name, force))
        if found is None:
            found = self._said[name, force] = str(super().url(name, force))
        return found

    def post_process(self, *arguments: Any, **options: Any) -> Any:
        """Hash and compress; an asset that points at a missing one stops the build."""
        for name, hashed, processed in super().post_process(*arguments, **options):
            if isinstance(processed, Exception):
                raise processed
            yield name, hashed, processed
