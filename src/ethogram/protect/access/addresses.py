"""Addresses, cut so that they say where from and not from whom.

What stays is 256 addresses of IPv4 and a site's of IPv6 (a site has a /48 at most, RFC 6177):
the last octet and the last 80 bits go, as Google Analytics masks addresses
(support.google.com/analytics/answer/2763052).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal, TypeAlias

Policy: TypeAlias = Literal["drop", "truncate", "keep"]
"""What is kept of the address that an event came from."""


def network(address: str) -> str:
    """The network of ``address``: 256 addresses of IPv4, a site's of IPv6; else nothing.

    >>> network("203.0.113.77"), network("2001:db8:1:2::3"), network("nonsense")
    ('203.0.113.0/24', '2001:db8:1::/48', '')
    """
    try:
        return str(_network(ip_address(address)))
    except ValueError:
        return ""


def truncated(text: str) -> str:
    """The first address of the network of the one in ``text``; nothing where it has none.

    A port, brackets and a zone are passed over. An address of IPv4 within one of IPv6 (mapped,
    or 6to4) is taken as such: a /48 of the latter would hold all of it.

    >>> truncated("[2001:db8:1:2::3%eth0]:443"), truncated("::ffff:203.0.113.77")
    ('2001:db8:1::', '203.0.113.0')
    >>> truncated("203.0.113.77:80"), truncated("2002:cb00:714d::1"), truncated("a, b")
    ('203.0.113.0', '203.0.113.0', '')
    """
    said = text.strip()
    if said.startswith("["):
        said = said[1:].partition("]")[0]
    elif said.count(":") == 1:
        said = said.partition(":")[0]
    try:
        return str(_network(ip_address(said.partition("%")[0])).network_address)
    except ValueError:
        return ""


def _network(address: IPv4Address | IPv6Address) -> IPv4Network | IPv6Network:
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or IPv6Address(int(address))
    return ip_network((address, 24 if address.version == 4 else 48), strict=False)
