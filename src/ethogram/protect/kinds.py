"""What kind of personal data a text is, where its form or its check digits say so.

A whole value is looked at, and of e-mail addresses, telephone numbers, IBANs and card numbers in
groups also what stands within a longer text. Check digits alone let every tenth, eleventh or
ninety-seventh number pass, so for most kinds so many of a property's values must pass.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from ipaddress import ip_address
from typing import NamedTuple

Check = Callable[[str], str | None]
"""What of a text is such; None where nothing is."""


class Kind(NamedTuple):
    """A kind of personal data. ``hint`` is a pattern, of RE2 too, that every such text has.

    It is reported where at least such a ``share`` of a property's texts have it.
    """

    name: str
    hint: str
    check: Check
    share: float


_EMAIL = re.compile(r"[^\s@<>\"'(),:;]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_PHONE = re.compile(
    r"(?<![\w+])\+(?=[1-9])(?:[0-9][ ()./-]{0,2}){8,15}(?![0-9])"
    r"|^\s*00(?=[1-9])(?:[0-9][ ()./-]{0,2}){8,15}$"
)
_CARD = re.compile(r"[3-6](?:[0-9]{12,18}|(?:[ -]?[0-9]){12,18})")
_CARD_WITHIN = re.compile(r"(?<![\w-])[3-6][0-9]{3}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?![\w-])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_DNI = re.compile(r"([XYZ]?)([0-9]{7,8})([A-Z])")
_HETU = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})([-+A-FU-Y])([0-9]{3})([0-9A-Y])")
_IBAN_LENGTHS = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20,
    "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26,
    "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15,
    "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29,
}  # fmt: skip
"""Of the SWIFT registry's countries those of Europe; others are taken at any length."""


def kinds_of(text: str) -> list[str]:
    """The kinds of personal data that ``text`` is or has.

    >>> kinds_of("write to ann@example.org"), kinds_of("4111 1111 1111 1111"), kinds_of("7")
    (['e-mail'], ['card number'], [])
    """
    return [kind.name for kind in KINDS if kind.check(text) is not None]


def masked(text: str) -> str:
    """What may be shown of a personal value: how it begins and ends.

    >>> masked("ann@example.org"), masked("4111 1111 1111 1111"), masked("DE02")
    ('a…@e….org', '4…1', 'D…')
    """
    said = text.strip()
    name, at, host = said.rpartition("@")
    if at and name and "." in host:
        return f"{name[0]}…@{host[0]}….{host.rpartition('.')[2]}"
    return f"{said[:1]}…{said[-1:] if len(said) > 5 else ''}"


def _email(text: str) -> str | None:
    return _first(_EMAIL, text)


def _phone(text: str) -> str | None:
    return _first(_PHONE, text)


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[0] if found else None


def _card(text: str) -> str | None:
    """ISO/IEC 7812: an issuer's first digits, 13 to 19 digits, the last by Luhn's formula."""
    said = text.strip()
    found = said if _CARD.fullmatch(said) else _first(_CARD_WITHIN, said)
    digits = _digits(found or "")
    issued = digits[:2] in _ISSUERS or digits[:1] in ("4", "6")
    return found if issued and 13 <= len(digits) <= 19 and _luhn(digits) else None


_ISSUERS = frozenset("34 35 36 37 38 39 50 51 52 53 54 55 56 57 58".split())  # noqa: SIM905


def _luhn(digits: str) -> bool:
    doubled = (2 * int(each) for each in digits[-2::-2])
    total = sum(each - 9 if each > 9 else each for each in doubled)
    return (total + sum(map(int, digits[::-2]))) % 10 == 0 and len(set(digits)) > 1


def _iban(text: str) -> str | None:
    """ISO 13616: country, two check digits, of ISO 7064 (modulo 97-10), and as long as there."""
    for found in _IBAN.finditer(text):
        said = found[0].replace(" ", "")
        length = _IBAN_LENGTHS.get(said[:2], len(said))
        turned = "".join(str(int(each, 36)) for each in said[4:] + said[:4])
        if len(said) == length and 15 <= length <= 34 and int(turned) % 97 == 1:
            return found[0]
    return None


def _ip(text: str) -> str | None:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None


def _national(text: str) -> str | None:
    """Numbers that a state gives its people, by their check digits and dates of birth."""
    said = text.strip().upper()
    plain = "".join(each for each in said if each not in " .-/") if len(said) < 24 else ""
    known = any(check(plain) for check in _NATIONAL) or _finnish(said)
    return text.strip() if known else None


def _spanish(said: str) -> bool:
    """DNI and NIE: the letter is the number modulo 23."""
    found = _DNI.fullmatch(said)
    if not found or len(said) != 9:
        return False
    number = int(f"{'XYZ'.find(found[1])}{found[2]}") if found[1] else int(found[2])
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == found[3]


def _french(said: str) -> bool:
    """NIR: sex, year, month, place, order, and the complement modulo 97."""
    if len(said) != 15 or not said.isdecimal() or said[0] not in "12":
        return False
    return 1 <= int(said[3:5]) <= 12 and 97 - int(said[:13]) % 97 == int(said[13:])


def _polish(said: str) -> bool:
    """PESEL: a date of birth whose month tells the century, and a weighted sum modulo 10."""
    if len(said) != 11 or not said.isdecimal():
        return False
    century = {0: 1900, 1: 2000, 2: 2100, 3: 2200, 4: 1800}[int(said[2:4]) // 20]
    dated = _is_date(century + int(said[:2]), int(said[2:4]) % 20, int(said[4:6]))
    return dated and _weighted(said, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def _brazilian(said: str) -> bool:
    """CPF: two check digits modulo 11."""
    if len(said) != 11 or not said.isdecimal() or len(set(said)) == 1:
        return False
    first = _weighted(said[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = _weighted(said[:10], range(11, 1, -1)) * 10 % 11 % 10
    return said[9:] == f"{first}{second}"


def _chinese(said: str) -> bool:
    """Resident identity numbers (GB 11643): place, date of birth, order, ISO 7064 modulo 11-2."""
    if len(said) != 18 or not said[:17].isdecimal():
        return False
    check = "10X98765432"[_weighted(said[:17], [2**i % 11 for i in range(17, 0, -1)]) % 11]
    return said[17] == check and _is_date(int(said[6:10]), int(said[10:12]), int(said[12:14]))


def _german(said: str) -> bool:
    """The tax number for life: ISO 7064 modulo 11,10; one digit comes twice or thrice."""
    if len(said) != 11 or not said.isdecimal() or said[0] == "0":
        return False
    if max(said[:10].count(each) for each in said[:10]) not in (2, 3):
        return False
    product = 10
    for each in said[:10]:
        product = (int(each) + product) % 10 or 10
        product = product * 2 % 11
    return (11 - product) % 10 == int(said[10])


def _finnish(said: str) -> bool:
    """HETU: a date of birth, a sign for the century, an order, and a sign modulo 31."""
    found = _HETU.fullmatch(said)
    if not found:
        return False
    day, month, year, sign, order, check = found.groups()
    century = 1800 if sign == "+" else 1900 if sign in "-UVWXY" else 2000
    number = int(day + month + year + order)
    dated = _is_date(century + int(year), int(month), int(day))
    return dated and "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31] == check


_NATIONAL = (_spanish, _french, _polish, _brazilian, _chinese, _german)


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(each) * weight for each, weight in zip(digits, weights, strict=True))


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        return date(year, month, day) <= date.today()
    except ValueError:
        return False


def _digits(said: str) -> str:
    return "".join(filter(str.isdigit, said))


KINDS = (
    Kind("e-mail", "@", _email, 0.0),
    Kind("telephone", r"(?:\+|00)[0-9]", _phone, 0.0),
    Kind("card number", r"[3-6](?:[ -]?[0-9]){12}", _card, 0.2),
    Kind("IBAN", "[A-Z]{2}[0-9]{2}", _iban, 0.0),
    Kind("IP address", r"^\s*(?:[0-9]{1,3}\.){3}[0-9]{1,3}\s*$|:.*:", _ip, 0.5),
    Kind("national id", r"(?:[0-9][ ./-]?){6}", _national, 0.5),
)
