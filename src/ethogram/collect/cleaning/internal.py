"""The step ``internal``: the traffic of those who run the site."""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from ethogram.collect.cleaning.facts import Facts
from ethogram.collect.cleaning.step import NOTHING, Found

_INTERNAL = Found({"internal": True}, True)


def internal(own: Sequence[str]) -> Callable[[Facts], Found]:
    """``internal``, true, for whatever ``own`` names.

    Each is a network or an address (``10.0.0.0/8``), a domain of e-mail addresses
    (``@example.org``) or a user's id.

    >>> internal(["@example.org"])(Facts(user="ann@example.org")).adds
    {'internal': True}
    """
    networks = [network for each in own if (network := network_of(each))]
    domains = tuple(each.lower() for each in own if each.startswith("@"))
    users = {each for each in own if not each.startswith("@") and not network_of(each)}
    inside = among(networks)

    def find(facts: Facts) -> Found:
        of_domain = domains and (
            facts.user.lower().endswith(domains) or facts.email.lower().endswith(domains)
        )
        if facts.user in users or of_domain or (networks and inside(facts.address)):
            return _INTERNAL
        return NOTHING

    return find


def network_of(said: str) -> IPv4Network | IPv6Network | None:
    """The network that is meant; None where it is none."""
    try:
        return ip_network(said, strict=False)
    except ValueError:
        return None


def among(networks: Sequence[IPv4Network | IPv6Network]) -> Callable[[str], bool]:
    """Whether an address lies in one of ``networks``; what is no address does not."""

    def inside(said: str) -> bool:
        try:
            found = ip_address(said)
        except ValueError:
            return False
        plain = getattr(found, "ipv4_mapped", None) or found
        return any(plain in network for network in networks)

    return inside
