"""Addresses, cut so that they say where from and not from whom."""

from ipaddress import IPv6Address, ip_address, ip_network


def network(address: str) -> str:
    """The network of ``address``: 256 addresses of IPv4, a site's of IPv6; else nothing.

    >>> network("203.0.113.77"), network("2001:db8:1:2::3"), network("nonsense")
    ('203.0.113.0/24', '2001:db8:1::/48', '')
    """
    try:
        known = ip_address(address)
    except ValueError:
        return ""
    if isinstance(known, IPv6Address):
        known = known.ipv4_mapped or known
    return str(ip_network((known, 24 if known.version == 4 else 48), strict=False))
