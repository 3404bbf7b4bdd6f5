"""Which hosts a client may reach at an address that a stranger gave; the rule is held where sockets are opened.

A name is resolved once, every answer is judged, and the socket goes to a judged address, never to the name; so a
redirect, an odd spelling or a name that changes its answer (DNS rebinding) passes the same door. TLS still checks the
name. Not covered: a NAT64 prefix of the network's own, and public addresses that lead back into the operator's network.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2

from motioncast.errors import InputError
from motioncast.media.wire import HostUnreachable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str], Sequence[str]]

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: Not for strangers, although `is_global` of some Python release says so: protocol assignments, relays, documentation,
#: and the address where Azure answers its virtual machines.
_SPECIAL_TEXT = "192.0.0.0/24 192.88.99.0/24 168.63.129.16/32 2001::/23 2001:db8::/32 3fff::/20"
_SPECIAL = tuple(map(ipaddress.ip_network, _SPECIAL_TEXT.split()))
_LOOPBACK = ipaddress.ip_address("127.0.0.1")
_LOOPBACK_NAMES = {"localhost", "localhost.localdomain", "localhost6", "ip6-localhost", "ip6-loopback"}
#: A last label that is a number makes an address, however it is spelt (https://url.spec.whatwg.org/#ends-in-a-number-checker).
_HOST_NAME = re.compile(r"([a-z0-9_-]{1,63}\.)*(?!([0-9]+|0x[0-9a-f]*)\.?$)[a-z0-9_-]{1,63}\.?")
_MOST_TRIES = 4


class ForbiddenHost(HostUnreachable):
    """The host has an address that is not public, and nobody allowed it."""

    def __init__(self) -> None:
        super().__init__("its address is private: the operator can allow it with MOTIONCAST_ALLOW_HOSTS")


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """The hosts that may be reached: all that are public, and those in `allowed` even if they are private.

    A host name in `allowed` stands for whatever it resolves to; an address or a CIDR network for itself under any name.
    """

    allowed: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "HostPolicy":
        """Of host names, IP addresses and CIDR networks with commas between; raises `InputError` for anything else."""
        return cls(tuple(_entry(part.strip()) for part in text.split(",") if part.strip()))

    @classmethod
    def open(cls) -> "HostPolicy":
        """Every host may be reached: for a user on a machine of his own."""
        return cls(("0.0.0.0/0", "::/0"))

    def permits(self, host: str, address: Address) -> bool:
        """Whether a socket may be opened to `address` in the name of `host`."""
        return is_public(address) or self._lists(host, address)

    def allows_url(self, url: str) -> bool:
        """Whether `allowed` covers the host in `url` as it is written, without a look-up. Raises `InputError`."""
        host = _host_of(url)
        return self._lists(host, _written_address(host))

    def _lists(self, host: str, address: Address | None) -> bool:
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        networks = [network for network in map(_network, self.allowed) if network is not None]
        named = host.lower().removesuffix(".") in self.allowed
        return named or (address is not None and any(address in network for network in networks))


def is_public(address: Address) -> bool:
    """Whether an address is globally routable unicast; an IPv6 one that carries IPv4 addresses is judged by those."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = _carried(address)
        if carried:
            return all(map(is_public, carried))
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not any(address in network for network in _SPECIAL)


def check_url_host(url: str, policy: HostPolicy) -> None:
    """Refuse a URL early whose host is, as it is written, a private address or this machine; no name is looked up.

    Raises `ForbiddenHost`, or `InputError` for what is no http(s) URL. Only `guarded_client` makes the rest safe.
    """
    _check_written(_host_of(url), policy)


def guarded_client(
    policy: HostPolicy,
    *,
    timeout: httpx2.Timeout,
    max_redirects: int,
    follow_redirects: bool = True,
    wire: httpcore2.NetworkBackend | None = None,
    resolve: Resolver | None = None,
) -> httpx2.Client:
    """A client that reaches no host but those of `policy`, without proxies or anything else of the environment.

    `wire` opens the sockets to addresses that were judged, if not httpcore2's own; `resolve` replaces the system's
    look-up of names. Requests raise `ForbiddenHost`, `HostUnreachable` and the errors of httpx2.
    """
    backend = GuardedBackend(policy, wire or httpcore2.SyncBackend(), resolve or system_addresses)
    return httpx2.Client(
        transport=_GuardedTransport(backend),
        timeout=timeout,
        max_redirects=max_redirects,
        follow_redirects=follow_redirects,
        trust_env=False,
    )


def system_addresses(host: str) -> list[str]:
    """The addresses that the system knows for a name. Raises `HostUnreachable`."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        busy = error.errno == socket.EAI_AGAIN
        reason = "its host name cannot be looked up at the moment" if busy else "its host name is unknown"
        raise HostUnreachable(reason) from None
    return [str(entry[4][0]) for entry in found]


class GuardedBackend(httpcore2.NetworkBackend):
    """Opens sockets to addresses that a policy permits."""

    def __init__(self, policy: HostPolicy, wire: httpcore2.NetworkBackend, resolve: Resolver) -> None:
        self._policy, self._wire, self._resolve = policy, wire, resolve

    def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore2.NetworkStream:
        """See httpcore2. Raises `ForbiddenHost` where any one address of the host is not permitted."""
        if not 0 < port < 65536:
            raise HostUnreachable("its port number is not a valid one")
        failure: Exception = HostUnreachable("its host name is unknown")
        for address in self._judged(host)[:_MOST_TRIES]:
            try:
                return self._wire.connect_tcp(str(address), port, *args, **kwargs)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        if isinstance(failure, httpcore2.ConnectError):
            refused = isinstance(failure.__cause__, ConnectionRefusedError)
            raise HostUnreachable("its host refused to answer" if refused else "its host cannot be reached") from None
        raise failure

    def connect_unix_socket(self, path: str, *args: Any, **kwargs: Any) -> httpcore2.NetworkStream:
        """Never."""
        raise ForbiddenHost

    def _judged(self, host: str) -> list[Address]:
        _check_written(host, self._policy)
        literal = _literal(host)
        if literal is None and not _HOST_NAME.fullmatch(host):
            raise HostUnreachable("its host name is not a valid one")
        found = self._resolve(host) if literal is None else [str(literal)]
        addresses = [ipaddress.ip_address(text) for text in dict.fromkeys(found)]
        if not all(self._policy.permits(host, address) for address in addresses):
            raise ForbiddenHost
        return addresses


class _GuardedTransport(httpx2.HTTPTransport):
    def __init__(self, backend: GuardedBackend) -> None:
        context = httpx2.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore2.ConnectionPool(ssl_context=context, network_backend=backend)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        if not response.has_redirect_location:
            return response
        response.close()  # the client would read what comes with a redirect into memory, and it may be endless
        return httpx2.Response(response.status_code, headers=response.headers, extensions=response.extensions)


def _check_written(host: str, policy: HostPolicy) -> None:
    address = _written_address(host)
    if address is not None and not policy.permits(host, address):
        raise ForbiddenHost


def _written_address(host: str) -> Address | None:
    name = host.lower().removesuffix(".")
    return _LOOPBACK if name in _LOOPBACK_NAMES or name.endswith(".localhost") else _literal(host)


def _literal(host: str) -> Address | None:
    """The address that `host` spells in any way the C library reads (0x7f.1, 017700000001); None for a name."""
    bare = host.removesuffix(".")
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(bare))
    except OSError:
        return None


def _carried(address: ipaddress.IPv6Address) -> tuple[ipaddress.IPv4Address, ...]:
    if address in _NAT64:
        return (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF),)
    inner = address.ipv4_mapped or address.sixtofour
    return (inner,) if inner is not None else address.teredo or ()


def _host_of(url: str) -> str:
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, UnicodeError):
        parsed = httpx2.URL()
    host = parsed.raw_host.decode("ascii")
    if parsed.scheme not in ("http", "https") or (_literal(host) is None and not _HOST_NAME.fullmatch(host)):
        raise InputError("The address is not a valid one: give an http:// or https:// address.")
    return host


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None


def _entry(text: str) -> str:
    bare = text.lower().removeprefix("[").removesuffix("]").removesuffix(".")
    if _network(bare) is None and not _HOST_NAME.fullmatch(bare):
        raise InputError(
            f"{text[:100]!r} is no host name, address or network; give some with commas between: localhost,10.0.0.0/8."
        )
    return bare
