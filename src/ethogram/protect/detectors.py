"""What looks like it names a person: e-mail addresses, telephone numbers, names of fields.

A detector looks at one top-level property, however deep the finding lies in it; the property
is then sealed as a whole. A missed one is worse than a false one, but a detector that takes
product names for people makes analysis useless: a plan tags what these cannot know.
"""

import re
from functools import lru_cache
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
_EMAIL = re.compile(r"[^\s@]{1,64}(?:@|%40)[^\s@]{1,255}\.[^\s@]{2,}", re.IGNORECASE)
_PHONE = re.compile(r"\+[0-9][0-9 ()./-]{6,22}")


def split(
    values: dict[str, Json], tagged: frozenset[str]
) -> tuple[dict[str, Json], dict[str, Json] | None]:
    """(what may stand in the open, what must be sealed or None), by top-level name.

    >>> split({"price": 3, "contact": "ann@example.org"}, frozenset())
    ({'price': 3}, {'contact': 'ann@example.org'})
    """
    found = [name for name, value in values.items() if name in tagged or personal(name, value)]
    if not found:
        return values, None
    sealed = {name: values[name] for name in found}
    return {name: value for name, value in values.items() if name not in sealed}, sealed


def personal(name: str, value: Any) -> bool:
    """Whether ``value``, called ``name``, looks like it names a person.

    >>> personal("E-Mail", "x"), personal("title", "5 for 4"), personal("who", ["+49 30 123456"])
    (True, False, True)
    """
    if isinstance(value, str):
        return names_a_person(name) or _text_is_personal(value)
    if isinstance(value, dict):
        return any(personal(key, inner) for key, inner in value.items())
    if isinstance(value, list):
        return any(personal(name, inner) for inner in value)
    return value is not None and names_a_person(name)


@lru_cache(maxsize=8192)
def names_a_person(name: str) -> bool:
    """Whether a field of this name says who somebody is, whatever stands in it."""
    return "".join(c for c in name.lower() if c.isalpha()) in _NAMES


def _text_is_personal(text: str) -> bool:
    if "@" in text or "%40" in text:
        return _EMAIL.search(text) is not None
    return text.startswith("+") and _PHONE.fullmatch(text) is not None
