"""Which addresses may be reached. Addresses are judged, never their spellings, and judged at the moment of connecting.

A name is resolved once; every address it gives is judged; the connection goes to the judged one. So no second lookup can give
another answer, and an odd spelling of a private address is still that address.

Not guarded against: a public address that its owner forwards to a private one.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from mezzotint.core.errors import Unreachable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
PORTS = (80, 443)
ZONE = "%"  # what sets an interface apart from the address in front of it; not every event loop shows it in the addresses that it finds

# ours, and not the standard library's `is_global`: what that calls global differs between Python versions
REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32",
    )
)  # fmt: skip
ALLOWED_V6 = ipaddress.ip_network("2000::/3")  # global unicast; all other IPv6 is refused
REFUSED_V6 = tuple(
    ipaddress.ip_network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48")  # Teredo, documentation, 6to4, AS112
)
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


def judge(address: Address, reach: Iterable[Network] = ()) -> bool:
    """Whether the address may be reached; `reach` are private networks that may be all the same."""
    if any(address in network for network in reach if network.version == address.version):
        return True
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if inner is not None:
            return judge(inner, reach)
        return address in ALLOWED_V6 and not any(address in network for network in REFUSED_V6) and address.scope_id is None
    return not any(address in network for network in REFUSED)


def literal(host: str) -> Address | None:
    """The address that a host is, in any spelling that a resolver takes without asking anybody; None for a name."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError, ValueError):
        return None
    return ipaddress.ip_address(found[0][4][0])


class Guard:
    """Judges URLs before, and connections at, the moment they are used."""

    def __init__(self, reach: Iterable[Network] = ()) -> None:
        self.reach = tuple(reach)

    def wrong_with(self, url: str, https_only: bool) -> str | None:
        """What is wrong with a URL that somebody chose, as far as it shows without asking a name server; None if nothing."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            return f"Input should be a valid URL, {error}"
        if parts.scheme.lower() not in ("http", "https") or not host:
            return "Input should be a valid URL, beginning with https:// or http:// and a host"
        if any(character <= " " or character == "\x7f" for character in url) or "\\" in url:
            return "Input should be a valid URL, without spaces, control characters or backslashes"
        if parts.username is not None or parts.password is not None:
            return "Input should be a URL without a user name or password"
        if ZONE in host:
            return "Input should be a URL whose host has no percent sign: an address with a zone means this machine's own network"
        address = literal(host)
        within = address is not None and any(address in network for network in self.reach if network.version == address.version)
        if within:
            return None
        if address is not None and not judge(address, self.reach):
            return f"The address {address} is private or reserved and may not be reached (MEZZOTINT_REACH names private networks that may)"
        if host == "localhost" or host.endswith(".localhost"):
            return self._wrong_with_localhost(https_only, parts.scheme)
        if https_only and parts.scheme.lower() != "https":
            return "Input should be an https URL: plain http is only for networks named in MEZZOTINT_REACH"
        if port is not None and port not in PORTS:
            return f"Port {port} may not be reached: use {' or '.join(map(str, PORTS))}"
        return None

    def _wrong_with_localhost(self, https_only: bool, scheme: str) -> str | None:
        del https_only, scheme
        if judge(ipaddress.ip_address("127.0.0.1"), self.reach) or judge(ipaddress.ip_address("::1"), self.reach):
            return None
        return "localhost may not be reached (MEZZOTINT_REACH names private networks that may)"

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host, each judged. Raises Unreachable if it has none, or one that may not be reached."""
        if ZONE in host:
            raise Unreachable(f"{host} has a zone, and may not be reached")
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"{host} cannot be resolved ({error})") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for text in addresses:
            address = ipaddress.ip_address(text)
            if not judge(address, self.reach):
                raise Unreachable(f"{host} is at {address}, which is private or reserved and may not be reached")
            if port not in PORTS and not any(address in network for network in self.reach if network.version == address.version):
                raise Unreachable(f"port {port} of {host} may not be reached")
        if not addresses:
            raise Unreachable(f"{host} has no address")
        return addresses
