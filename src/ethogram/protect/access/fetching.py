"""Fetching what another server names, so that it leads us nowhere inside.

A name is resolved once and that address is connected to: what it means a moment later is of no
use. Redirects are not followed.
"""

import socket
from ipaddress import IPv6Address, ip_address
from typing import Any

import httpx

from ethogram.events.errors import Refused

PATIENCE = 10.0


def is_inside(url: str) -> bool:
    """Whether ``url`` is of this machine or of a network of one's own, not of the internet."""
    return not _is_public(_resolved(_parts(url)))


def fetched(method: str, url: str, *, inside: bool, **sent: Any) -> httpx.Response:
    """The answer of ``url``; one that is not of the internet only where ``inside`` is right.

    On the internet it is HTTPS. Raises `Refused`, and httpx's errors.
    """
    parts = _parts(url)
    address = _resolved(parts)
    if not inside and (parts.scheme != "https" or not _is_public(address)):
        raise Refused("not_signed_in", "The provider names an address that is none of its own.",
                      at="provider")  # fmt: skip
    with httpx.Client(timeout=PATIENCE, follow_redirects=False) as client:
        return client.request(
            method, parts.copy_with(host=address), headers={"host": parts.netloc.decode("ascii")},
            extensions={"sni_hostname": parts.host}, **sent,
        )  # fmt: skip


def _parts(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except httpx.InvalidURL as error:
        raise httpx.UnsupportedProtocol(f"{url[:200]} is no address: {error}") from None


def _resolved(url: httpx.URL) -> str:
    if url.scheme not in ("http", "https"):
        raise httpx.UnsupportedProtocol(f"{url.scheme} is neither http nor https")
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError(f"{url.host} is no name: {error}") from error
    return str(found[0][4][0])


def _is_public(address: str) -> bool:
    known = ip_address(address)
    if isinstance(known, IPv6Address):
        known = known.ipv4_mapped or known.sixtofour or known
    return known.is_global and not known.is_multicast
