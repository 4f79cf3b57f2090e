"""Which addresses the house may connect to: never its own network, unless a setting names the host.

A pack, a redirect or a name server could point us inwards. So the address is judged at the moment
of connecting, and the connection is made to the very address that was judged: a name that answers
differently the second time gains nothing.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable

import httpcore
import httpx

SCHEMES = frozenset({"http", "https"})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Resolve = Callable[[str, int], tuple[str, ...]]


class UnableToConnect(Exception):
    """The address is not one we may connect to."""


class UnableToFind(httpcore.ConnectError):
    """Nobody knows the host, or nobody could be asked; the message says which."""


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Look a host up; errors: UnableToFind."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as fault:
        known = fault.errno not in {socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_SYSTEM}
        raise UnableToFind(
            f"there is no host called {host}: its address may have changed"
            if known
            else f"the name {host} could not be looked up: this machine may have no way out"
        ) from fault
    except (OSError, UnicodeError) as fault:
        raise UnableToFind(f"{host[:100]} is not the name of a host") from fault
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Test whether an IP address is out on the internet.

    False for private, loopback, link-local (where clouds keep their metadata), shared, multicast,
    reserved and unspecified ones, also when wrapped in IPv6.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if wrapped is None and ip in _NAT64:
            wrapped = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(str(wrapped))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to judged addresses only."""

    def __init__(self, *, allow: frozenset[str] = frozenset(), resolve: Resolve = resolve) -> None:
        self.allow = frozenset(host.lower() for host in allow)
        self.resolve = resolve
        self.inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; errors: UnableToConnect if one is inward."""
        addresses = self.resolve(host, port)
        if host.lower() not in self.allow and f"{host.lower()}:{port}" not in self.allow:
            inward = [address for address in addresses if not is_public(address)]
            if inward:
                raise UnableToConnect(
                    f"{host} leads to {inward[0]}, which is not on the public internet"
                )
        fault: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return self.inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                fault = failed
        raise fault

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Refuse: no source lives on a local socket."""
        raise UnableToConnect(f"{path} is not on the public internet")


class GuardedTransport(httpx.HTTPTransport):
    """httpx's own transport over a guarded pool; proxies in the environment are not used."""

    def __init__(self, *, allow: frozenset[str], resolve: Resolve = resolve) -> None:
        super().__init__()
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=20,
            max_keepalive_connections=10,
            keepalive_expiry=30,
            http2=True,
            network_backend=GuardedBackend(allow=allow, resolve=resolve),
        )
