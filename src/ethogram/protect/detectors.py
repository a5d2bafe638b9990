"""What looks like it names a person: e-mail addresses, telephone numbers, names of fields.

A detector looks at one top-level property, however deep the finding lies in it; the property
is then sealed as a whole. A missed one is worse than a false one, but a detector that takes
product names for people makes analysis useless: a plan tags what these cannot know. What is
nested too deep to be looked at is refused.
"""

import re
from typing import Any

from ethogram.events.errors import Invalid
from ethogram.events.event import Json
from ethogram.events.repeated import repeatable

DEEPEST = 32
"""Levels of objects and lists, the outermost among them, unless a setting says otherwise."""

_NAMES = frozenset(
    """
    aaid address adid advertisingid advertiserid adtrackingid amazonadid androidadvertisingid
    androidid appleidfa appleidfv birthday birthdate cardnumber clientaddress clientip creditcard
    dateofbirth dob email emailaddress familyname faxnumber firstname fullname gaid givenname
    googleadid gpsadid homeaddress iban idfa idfv ifa ifv ip ipaddress lastname latitude lgudid
    longitude maid mail maidenname middlename mobile mobilenumber nationalid oaid passport
    passportnumber password phone phonenumber postaladdress remoteaddr remoteaddress remoteip rida
    socialsecuritynumber ssn street streetaddress surname taxid tel telephone tifa useraddress
    userip username vida xforwardedfor
    """.split()  # noqa: SIM905
)
_EMAIL = re.compile(r"[^\s@](?:@[^\s@]{1,255}\.[^\s@]{2}|%40[^\s@%]{1,255}\.[^\s@%]{2})")
_PHONE = re.compile(r"(?<![\w+])\+(?:[0-9][ ()./-]{0,2}){7,15}(?![0-9])")
"""A plus sign and the 7 to 15 digits of ITU-T E.164, as people write them."""


_NONE: frozenset[str] = frozenset()


def personal_names(
    values: dict[str, Json], tagged: frozenset[str] = _NONE, levels: int = DEEPEST
) -> list[str]:
    """The top-level names of what must be sealed.

    ``tagged`` are names that are personal whatever stands under them, at any depth. Raises
    `Invalid` (``too_deep``) beyond ``levels``; all is looked at, so nothing too deep gets by.

    >>> personal_names({"price": 3, "contact": "ann@example.org"})
    ['contact']
    """
    found: list[str] = []
    for name, value in values.items():
        kind = value.__class__
        named = _names[name] or name in tagged
        if kind is str:
            if not named and ("@" in value or "%" in value or "+" in value):
                named = _text_is_personal(value)
        elif kind is dict:
            if levels == 1:
                raise _too_deep(name)
            named = bool(personal_names(value, tagged, levels - 1)) or named
        elif kind is list:
            if levels == 1:
                raise _too_deep(name)
            for inner in value:
                named = bool(personal_names({"": inner}, tagged, levels - 1)) or named
        elif value is None:
            continue
        if named:
            found.append(name)
    return found


def personal(name: str, value: Any, tagged: frozenset[str] = _NONE) -> bool:
    """Whether ``value``, called ``name``, is or looks like what names a person.

    >>> personal("E-Mail", "x"), personal("title", "5 for 4"), personal("who", ["+49 30 123456"])
    (True, False, True)
    """
    return bool(personal_names({name: value}, tagged))


def _too_deep(name: str) -> Invalid:
    return Invalid(
        "too_deep",
        "Values are nested too deep.",
        at=f"$.{name}" if repeatable(name) else "$",
        hint="Send flat properties, or a text.",
    )


def names_a_person(name: str) -> bool:
    """Whether a field of this name says who somebody is, whatever stands in it."""
    return _names[name]


class _Names(dict[str, bool]):
    """What was found out about names; long ones are not kept, nor more than a plan would have."""

    def __missing__(self, name: str) -> bool:
        letters = "".join(filter(str.isalpha, name.lower()))
        found = letters in _NAMES or _text_is_personal(name)
        if len(self) < 8192 and len(name) <= 64:
            self[name] = found
        return found


_names = _Names()


def _text_is_personal(text: str) -> bool:
    if ("@" in text or "%40" in text) and _EMAIL.search(text):
        return True
    return "+" in text and _PHONE.search(text) is not None
