"""What looks like it names a person: e-mail addresses, telephone numbers, names of fields.

A detector looks at one top-level property, however deep the finding lies in it; the property
is then sealed as a whole. A missed one is worse than a false one, but a detector that takes
product names for people makes analysis useless: a plan tags what these cannot know.
"""

import re
from typing import Any

from ethogram.events.event import Json

_NAMES = frozenset(
    """
    address birthday birthdate cardnumber creditcard dateofbirth dob email emailaddress familyname
    faxnumber firstname fullname givenname homeaddress iban ip ipaddress lastname latitude
    longitude mail maidenname middlename mobile mobilenumber nationalid passport passportnumber
    password phone phonenumber postaladdress socialsecuritynumber ssn street streetaddress surname
    taxid tel telephone username
    """.split()  # noqa: SIM905
)
_EMAIL = re.compile(r"[^\s@](?:@[^\s@]{1,255}\.[^\s@]{2}|%40[^\s@%]{1,255}\.[^\s@%]{2})")
_PHONE = re.compile(r"\+[0-9][0-9 ()./-]{6,22}")


_NONE: frozenset[str] = frozenset()


def split(
    values: dict[str, Json], tagged: frozenset[str] = _NONE
) -> tuple[dict[str, Json], dict[str, Json] | None]:
    """(what may stand in the open, what must be sealed or None), by top-level name.

    ``tagged`` are names that are personal whatever stands under them, at any depth.

    >>> split({"price": 3, "contact": "ann@example.org"})
    ({'price': 3}, {'contact': 'ann@example.org'})
    """
    sealed = {name: value for name, value in values.items() if personal(name, value, tagged)}
    if not sealed:
        return values, None
    opened = values.copy()
    for name in sealed:
        del opened[name]
    return opened, sealed


def personal(name: str, value: Any, tagged: frozenset[str] = _NONE) -> bool:
    """Whether ``value``, called ``name``, is or looks like what names a person.

    >>> personal("E-Mail", "x"), personal("title", "5 for 4"), personal("who", ["+49 30 123456"])
    (True, False, True)
    """
    if value is None:
        return False
    if _names[name] or name in tagged:
        return True
    kind = value.__class__
    if kind is str:
        return ("@" in value or "%40" in value or value[:1] == "+") and _text_is_personal(value)
    if kind is dict:
        for key, inner in value.items():
            if personal(key, inner, tagged):
                return True
    elif kind is list:
        for inner in value:
            if personal("", inner, tagged):
                return True
    return False


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
    if "@" in text or "%40" in text:
        return _EMAIL.search(text) is not None
    return _PHONE.fullmatch(text) is not None
