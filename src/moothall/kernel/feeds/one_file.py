"""One file from an address that somebody here wrote down, by the same door as every feed."""

from contextlib import closing
from datetime import datetime

from django.conf import settings

from moothall.kernel.feeds.fetching import Answer, UnableToFetch, Validators
from moothall.values.observations import Mender
from moothall.values.requests import Request


def fetch_file(url: str, *, limit: int, validators: Validators, now: datetime) -> Answer:
    """Fetch a file of at most `limit` bytes, asking first whether it has changed.

    Shape:   without a payload if it has not.
    Errors:  UnableToFetch, with a sentence; also while recordings are played in place of the
             network.
    """
    if settings.REPLAY:
        raise UnableToFetch(
            "recordings are played here: nothing is asked of the network", mender=Mender.US
        )
    from moothall.kernel.feeds import http  # who fetches nothing need not load its libraries

    with closing(http.from_settings()) as client:
        return client.get(Request(url=url), limit=limit, validators=validators, now=now)
