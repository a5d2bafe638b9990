"""Addresses of pages: one spelling for one page, and nothing in it of whom or whence.

Scheme and host in small letters, no default port, no name and password, no fragment unless it is
a route of the page's own program, no parameter that follows or names a person.
"""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_plus

from ethogram.collect.cleaning.parameters import (
    ADVERTS,
    CAMPAIGN,
    CLICKS,
    ENDINGS,
    SECRETS,
    TRACKING,
)
from ethogram.events.repeated import repeatable
from ethogram.protect.detectors import names_a_person, personal

_ADDRESS = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*)://(?:[^/?#]*@)?([^/?#:@\s\[]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?)?"
    r"((?:/[^?#]*)?)(\?[^#]*)?(#.*)?",
    re.DOTALL,
)
_OTHERWISE = re.compile(r"([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
"""A text that is no such address has parameters all the same."""
_INNER = re.compile("[?&;#]")
_PORTS = {"http": ":80", "https": ":443", "ws": ":80", "wss": ":443"}
_SESSION = re.compile(r"(?i);jsessionid=[^/;]*")
_ROUTES = ("#/", "#!")
_OTHERS = "others"
_LONG = 64
LONGEST_PAGE = 2_048
"""Longer addresses are looked at, and not remembered."""
_MOST = 100
"""Parameters of an address that are looked at; what comes after so many is not kept."""


class Address(NamedTuple):
    """An address as it is kept.

    ``removed`` are the names of parameters, those that may be repeated; ``campaign`` are
    properties, ``advert`` is whether it was followed from a paid advertisement.
    """

    text: str
    host: str = ""
    path: str = ""
    removed: tuple[str, ...] = ()
    campaign: tuple[tuple[str, str], ...] = ()
    advert: bool = False


def address(text: str) -> Address:
    """What the address ``text`` says; where it is none, it only loses what would name somebody.

    >>> address("HTTPS://Shop.Example:443/cart?utm_source=news&id=7&email=ann%40b.org#top").text
    'https://shop.example/cart?id=7'
    """
    return _remembered(text) if len(text) <= LONGEST_PAGE else _address(text)


def _address(text: str) -> Address:
    parts = _ADDRESS.fullmatch(text)
    if parts is None or not text or text[0] == "#":
        return _of_another(text)
    scheme, host, port, path, query, fragment = parts.groups(default="")
    start = ""
    if scheme:
        scheme = scheme.lower()
        if scheme in _PORTS:
            host, path = host.lower(), path or "/"
        port = "" if port in (":", _PORTS.get(scheme)) else port
        start = f"{scheme}://{host}{port}"
    path = _SESSION.sub("", path)
    kept, removed, campaign, advert = _sorted_out(query[1:])
    route = _INNER.split(fragment[1:], 1)[0] if fragment.startswith(_ROUTES) else ""
    query = "?" + kept if kept else ""
    return Address(
        f"{start}{path}{query}{'#' + route if route else ''}", host, path, removed, campaign, advert
    )


def without_secrets(query: str) -> str:
    """A query without what lets somebody in or names them; what follows them stays.

    >>> without_secrets("id=7&token=x&utm_source=news")
    'id=7&utm_source=news'
    """
    kept: list[str] = []
    for part in query.split("&", _MOST)[:_MOST]:
        name, _, value = part.partition("=")
        if _name(name)[1] is not _Name.PERSONAL and not _is_personal(value):
            kept.append(part)
    return "&".join(kept)


def _of_another(text: str) -> Address:
    """As it is, but for parameters, also in a fragment, that follow or name somebody."""
    parts = _OTHERWISE.fullmatch(text)
    assert parts is not None
    start, query, fragment = parts.groups(default="")
    kept, removed, campaign, advert = _sorted_out(query[1:])
    if _sorted_out(fragment[1:])[0] != fragment[1:]:
        fragment = ""
    query = "?" + kept if kept else query[:1] if query == "?" else ""
    return Address(f"{start}{query}{fragment}", "", "", removed, campaign, advert)


_remembered = lru_cache(8_192)(_address)


def _sorted_out(query: str) -> tuple[str, tuple[str, ...], tuple[tuple[str, str], ...], bool]:
    """(what stays of a query, the names of what does not, the campaign, whether it was paid)."""
    if not query:
        return "", (), (), False
    kept, removed, campaign = list[str](), dict[str, None](), dict[str, str]()
    advert = False
    parts = query.split("&", _MOST)
    if len(parts) > _MOST:
        removed[_OTHERS], parts[_MOST:] = None, []
    for part in parts:
        said, _, value = part.partition("=")
        name, kind = _named(said) if len(said) <= _LONG else _name(said)
        if kind is _Name.OTHER and not _is_personal(value):
            kept += [part] if part else []
            continue
        removed[name] = None
        advert |= kind is _Name.ADVERT
        word = "click_id" if kind in (_Name.ADVERT, _Name.CLICK) else name
        if value and (word == "click_id" or kind is _Name.CAMPAIGN):
            campaign.setdefault(word, unquote_plus(value))
    names = tuple(name for name in removed if repeatable(name))
    return "&".join(kept), names, tuple(campaign.items()), advert


class _Name(Enum):
    """What a parameter is, by its name."""

    OTHER = auto()
    CAMPAIGN = auto()
    ADVERT = auto()
    CLICK = auto()
    TRACKING = auto()
    PERSONAL = auto()


def _name(said: str) -> tuple[str, _Name]:
    """A parameter's name in small letters, and what it is."""
    name = unquote_plus(said).lower()
    letters = "".join(filter(str.isalpha, name))
    for kind, is_one in (
        (_Name.CAMPAIGN, name in CAMPAIGN),
        (_Name.ADVERT, name in ADVERTS),
        (_Name.CLICK, name in CLICKS),
        (_Name.TRACKING, name in TRACKING or name.startswith("utm_")),
        (_Name.PERSONAL, letters in SECRETS or letters.endswith(ENDINGS) or names_a_person(name)),
    ):
        if is_one:
            return name, kind
    return name, _Name.OTHER


_named = lru_cache(2_048)(_name)


def _is_personal(value: str) -> bool:
    """Whether a parameter's value, or one in an address that it is, names a person."""
    said = unquote_plus(value) if "%" in value or "+" in value else value
    if ("@" in said or "+" in said) and personal("", said):
        return True
    return _INNER.search(said) is not None and any(
        _name(part.partition("=")[0])[1] is _Name.PERSONAL for part in _INNER.split(said, _MOST)
    )
