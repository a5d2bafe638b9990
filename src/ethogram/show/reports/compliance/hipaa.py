"""HIPAA's de-identification, 45 CFR 164.514(b)(2): the eighteen identifiers ("Safe Harbor").

Source: https://www.ecfr.gov/current/title-45/section-164.514. Data whose events keep their time is
not de-identified by this way; an expert's determination, (b)(1), may be another.
"""

import re
from collections.abc import Callable

from ethogram.show.reports.compliance.control import Control, Finding, counted, yours
from ethogram.show.reports.compliance.facts import Facts, HeldProperty

IDENTIFIERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("A", "Names", ("name", "firstname", "lastname", "surname", "username")),
    ("B", "Places smaller than a state", ("address", "street", "latitude", "longitude")),
    ("C", "All elements of dates but the year", ()),
    ("D", "Telephone numbers", ("phone", "mobile", "tel")),
    ("E", "Fax numbers", ("fax",)),
    ("F", "E-mail addresses", ("email", "mail")),
    ("G", "Social security numbers", ("ssn", "socialsecurity", "nationalid", "taxid")),
    ("H", "Medical record numbers", ()),
    ("I", "Health plan numbers", ()),
    ("J", "Account numbers", ("iban", "card")),
    ("K", "Certificate and licence numbers", ("passport",)),
    ("L", "Vehicle identifiers", ()),
    ("M", "Device identifiers and serial numbers", ("idfa", "idfv", "gaid", "androidid", "maid")),
    ("N", "Web addresses", ()),
    ("O", "IP addresses", ("ip",)),
    ("P", "Biometric identifiers", ()),
    ("Q", "Full-face photographs", ()),
    ("R", "Any other unique number or code", ()),
)
"""The letter in (b)(2)(i), what it is, and how properties that detectors know are called."""
LAW = "HIPAA 164.514(b)(2)"


def without(words: tuple[str, ...]) -> Callable[[Facts], Finding]:
    """Whether no property that is called, or found to be, one of ``words`` is readable."""

    def find(facts: Facts) -> Finding:
        found = [each for each in facts.held if _is_called(each, words)]
        clear = {f"{each.event}.{each.property}" for each in found if each.keeping == "clear"}
        if clear:
            return "open", f"In the clear: {', '.join(sorted(clear)[:10])}."
        if found:
            return "partly", f"Sealed, for roles that may: {counted(len(found), 'property')}."
        if facts.scanned < 1:
            return "partly", f"None is found in {facts.scanned:.0%} of the events."
        return "met", "None is held that a plan names or a detector finds."

    return find


def dates(_: Facts) -> Finding:
    """Times of events are kept."""
    return "open", "Every event keeps its time to the microsecond; only the year would be allowed."


def codes(facts: Facts) -> Finding:
    """Internal ids are random, and not made of anything about the person (164.514(c))."""
    return "met", f"{counted(facts.people, 'person')} under random numbers."


def _is_called(held: HeldProperty, words: tuple[str, ...]) -> bool:
    """Whether its kind or name has one of ``words``; a short one by itself (no zip is an ip)."""
    for said in (held.kind, held.property):
        parts = _PARTS.findall(_CAMEL.sub(" ", said).lower())
        together = "".join(parts)
        if any(word in parts or (len(word) > SHORT and word in together) for word in words):
            return True
    return False


SHORT = 4
_CAMEL, _PARTS = re.compile("(?<=[a-z])(?=[A-Z])"), re.compile("[a-z0-9]+")
_UNKNOWN = yours("No detector looks for these: tag such properties as personal in the plan.")
_PAGES = yours("Addresses of pages are kept as they are; a cleaning step can shorten them.")
_FIND: dict[str, Callable[[Facts], Finding]] = {"C": dates, "N": _PAGES, "R": codes}
CONTROLS = tuple(
    Control(LAW, f"({letter})", what, _FIND.get(letter, without(words) if words else _UNKNOWN))
    for letter, what, words in IDENTIFIERS
)
