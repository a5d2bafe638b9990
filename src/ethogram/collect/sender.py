"""Who sends: what a request says of the person's own program and address.

It says something only where the program of the person sends it, a browser or an app. A server
that sends for others says nothing of them by its own address and name.
"""

from collections.abc import Callable, Mapping, Sequence

from ethogram.collect.cleaning.facts import Sender
from ethogram.collect.cleaning.internal import among, network_of
from ethogram.events.errors import Invalid

_BROWSER = "Mozilla/"


def sender(headers: Mapping[str, str], address: str) -> Sender:
    """The sender of a request: a browser's agent and address, else the address for apps.

    A browser says ``Origin`` or ``Referer``, or calls itself Mozilla.

    >>> sender({"user-agent": "Mozilla/5.0 (X11)"}, "198.51.100.7").address
    '198.51.100.7'
    >>> sender({"user-agent": "python-requests/2"}, "198.51.100.7").address
    ''
    """
    agent = headers.get("user-agent", "")
    if "origin" in headers or "referer" in headers or agent.startswith(_BROWSER):
        return Sender(agent, address, address, _refuses(headers))
    return Sender(remote=address)


def _refuses(headers: Mapping[str, str]) -> bool:
    """Whether a browser sends Global Privacy Control, or its forerunner Do Not Track."""
    return headers.get("sec-gpc") == "1" or headers.get("dnt") == "1"


def client_behind(proxies: Sequence[str]) -> Callable[[str, Mapping[str, str]], str]:
    """The address of a request's client, from the connection's and the headers.

    ``X-Forwarded-For`` counts only as far as those of ``proxies`` (networks) wrote it: it is the
    last address in it that is none of theirs. Raises `Invalid` for what is no network.

    >>> found = client_behind(["10.0.0.0/8"])
    >>> found("10.0.0.1", {"x-forwarded-for": "203.0.113.9, 198.51.100.7, 10.0.0.2"})
    '198.51.100.7'
    >>> found("198.51.100.7", {"x-forwarded-for": "203.0.113.9"})
    '198.51.100.7'
    """
    networks = [network_of(each) for each in proxies]
    if None in networks:
        raise Invalid("bad_setting", "This is no network.", at="trusted_proxies",
                      hint="Write it as 10.0.0.0/8, or a single address.")  # fmt: skip
    trusted = among([network for network in networks if network])

    def client(address: str, headers: Mapping[str, str]) -> str:
        written = headers.get("x-forwarded-for", "").split(",") if networks else []
        while trusted(address) and written:
            address = written.pop().strip() or address
        return address

    return client
