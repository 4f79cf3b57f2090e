"""Why a source did not answer as it should, in words, and who can do something about it.

The words of a library's error are not shown: they may hold the address, and that a key.
"""

import errno
import ssl
from http import HTTPStatus

import httpx

from moothall.kernel.feeds.addresses import UnableToFind
from moothall.values.observations import Mender

_NO_WAY_OUT = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})
_CERTIFICATE = {
    10: "its certificate has expired",
    18: "its certificate is signed by nobody but itself",
    19: "its certificate is signed by nobody we know",
    20: "its certificate is signed by nobody we know",
    62: "its certificate is for another host",
}
"""OpenSSL's numbers for what is wrong with a certificate."""


def explain(fault: Exception) -> tuple[str, Mender]:
    """Say why a source could not be reached or heard to the end, and who can mend it."""
    for cause in _causes(fault):
        if found := _explain_cause(cause):
            return found
    if isinstance(fault, httpx.ConnectTimeout):
        words = "it could not be reached in time: it may be down, or a firewall of ours in the way"
        return words, Mender.US
    if isinstance(fault, httpx.TimeoutException):
        return "it did not answer in time", Mender.PUBLISHER
    if isinstance(fault, httpx.RemoteProtocolError | httpx.ReadError):
        return "it broke off before its answer was complete", Mender.PUBLISHER
    if isinstance(fault, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return "that is not an address: mend it in the city's pack", Mender.US
    return f"it could not be reached ({type(fault).__name__})", Mender.PUBLISHER


def _explain_cause(cause: BaseException) -> tuple[str, Mender] | None:
    if isinstance(cause, UnableToFind):
        return str(cause), Mender.US
    if isinstance(cause, ssl.SSLCertVerificationError):
        known = _CERTIFICATE.get(cause.verify_code, "its certificate is not valid")
        return known, Mender.PUBLISHER
    if isinstance(cause, ssl.SSLError):
        return "no safe connection could be agreed on with it", Mender.PUBLISHER
    if isinstance(cause, ConnectionRefusedError):
        return "its host answers, but nothing listens there", Mender.PUBLISHER
    if isinstance(cause, OSError) and cause.errno in _NO_WAY_OUT:
        return "this machine has no way to it: look at its network and firewall", Mender.US
    return None


def _causes(fault: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while fault is not None and len(found) < 10:
        found.append(fault)
        fault = fault.__cause__ or fault.__context__
    return found


def explain_status(status: int) -> tuple[str, Mender]:
    """Say what an answer that brings nothing means, and who can mend it."""
    match status:
        case (
            HTTPStatus.UNAUTHORIZED
            | HTTPStatus.FORBIDDEN
            | HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
        ):
            return f"it does not let us in ({status}): look at the key and its terms", Mender.US
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
            words = f"there is nothing at that address ({status}): it may have moved"
            return words, Mender.US
        case HTTPStatus.TOO_MANY_REQUESTS:
            return "it asks us to ask less often (429)", Mender.PUBLISHER
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return "it is out of service for now (503)", Mender.PUBLISHER
    if 400 <= status < 500:
        return f"it does not take our request ({status}): look at its address", Mender.US
    return f"it is in trouble: it answered {status}", Mender.PUBLISHER
