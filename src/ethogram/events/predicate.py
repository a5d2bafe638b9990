"""The language of filters, cohorts, rules and flags, as data.

A predicate is ``{"property": "price", "op": ">", "value": 200}``, or predicates joined by
``{"all": […]}``, ``{"any": […]}`` and ``{"not": …}``. In Python, ``prop("price") > 200``.
Values of different types are neither equal, nor is one less than the other. No comparison holds
for a missing or null value: ``!=`` and ``not_in`` ask for a value that is there, of whatever
type, and is not equal. ``is_null`` holds where null was said, not where nothing was.
``{"not": …}`` is plain negation.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from ethogram.events.errors import Invalid, nearest

Op: TypeAlias = Literal[
    "=", "!=", ">", ">=", "<", "<=", "in", "not_in", "contains", "matches", "exists", "is_null"
]
OPS: tuple[str, ...] = ("=", "!=", ">", ">=", "<", "<=", "in", "not_in", "contains", "matches",
                        "exists", "is_null")  # fmt: skip
Whose: TypeAlias = Annotated[
    str, msgspec.Meta(pattern="^(event|then|now|profile|profile_then|group:.+)$")
]
Scalar: TypeAlias = str | int | float | bool
DEEPEST = 100
"""So many predicates at most stand one within the other."""


class Predicate(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One comparison, or several joined; exactly one of the four forms.

    ``property`` is a literal name (``"utm.source"``), or a path (``["device", "os"]``). ``of``
    says whose value is meant: the event's own; the one that the person's events had given last
    ``then``, when the event happened (the event itself included); or the one they have given
    last ``now``. What a person's, or a group's, profile holds is asked as it is now by
    ``profile``, and by ``profile_then`` as it was when the event happened; ``group:TYPE`` asks
    what the event's group holds now. A list is what any of its elements is.
    """

    property: str | tuple[str, ...] | None = None
    op: Op = "="
    value: Scalar | tuple[Scalar, ...] | None = None
    of: Whose = "event"
    all: tuple["Predicate", ...] | None = None
    any: tuple["Predicate", ...] | None = None
    not_: "Predicate | None" = msgspec.field(default=None, name="not")

    def __and__(self, other: "Predicate") -> "Predicate":
        return Predicate(all=(self, other))

    def __or__(self, other: "Predicate") -> "Predicate":
        return Predicate(any=(self, other))

    def __invert__(self) -> "Predicate":
        return Predicate(not_=self)


class Property:
    """A property's name, from which Python's operators make predicates.

    >>> prop("price") > 200
    Predicate(property='price', op='>', value=200, of='event', all=None, any=None, not_=None)
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, *path: str, of: Whose = "event") -> None:
        self.name: str | tuple[str, ...] = path[0] if len(path) == 1 else path
        self.of: Whose = of

    def _compare(self, op: Op, value: Any) -> Predicate:
        return Predicate(property=self.name, op=op, value=value, of=self.of)

    def __eq__(self, value: Any) -> Predicate:  # type: ignore[override]
        return self._compare("=", value)

    def __ne__(self, value: Any) -> Predicate:  # type: ignore[override]
        return self._compare("!=", value)

    def __gt__(self, value: Any) -> Predicate:
        return self._compare(">", value)

    def __ge__(self, value: Any) -> Predicate:
        return self._compare(">=", value)

    def __lt__(self, value: Any) -> Predicate:
        return self._compare("<", value)

    def __le__(self, value: Any) -> Predicate:
        return self._compare("<=", value)

    def is_in(self, *values: Scalar) -> Predicate:
        """Equal to one of ``values``."""
        return self._compare("in", values)

    def not_in(self, *values: Scalar) -> Predicate:
        """There, of whatever type, and equal to none of ``values``."""
        return self._compare("not_in", values)

    def contains(self, text: str) -> Predicate:
        """A text with ``text`` somewhere in it."""
        return self._compare("contains", text)

    def matches(self, pattern: str) -> Predicate:
        """A text in which the RE2 ``pattern`` is found."""
        return self._compare("matches", pattern)

    def exists(self) -> Predicate:
        """There, and not null."""
        return self._compare("exists", None)

    def is_null(self) -> Predicate:
        """There, and null."""
        return self._compare("is_null", None)


def prop(*path: str, of: Whose = "event") -> Property:
    """The property called ``path``; several names are a path into nested objects.

    ``of`` is whose value is meant, as in `Predicate`.
    """
    return Property(*path, of=of)


def check(predicate: Predicate, at: str = "$.where", room: int = DEEPEST) -> None:
    """Raise `Invalid` where ``predicate`` is not one of the four forms or compares nonsense.

    ``room`` is how many predicates may stand one within the other.
    """
    if not room:
        raise Invalid(
            "too_deep", "The predicate is nested too deeply.", at=at,
            hint=f"{DEEPEST} predicates at most may stand one within the other.",
        )  # fmt: skip
    forms = [
        name
        for name, part in (
            ("property", predicate.property),
            ("all", predicate.all),
            ("any", predicate.any),
            ("not", predicate.not_),
        )
        if part is not None
    ]
    if len(forms) != 1:
        said = " and ".join(forms) if forms else "nothing"
        raise Invalid(
            "bad_predicate",
            f"A predicate is one of property, all, any and not; here is {said}.",
            at=at,
            hint='Write {"property": "price", "op": ">", "value": 200}.',
        )
    for name, parts in (("all", predicate.all), ("any", predicate.any)):
        for i, part in enumerate(parts or ()):
            check(part, f"{at}.{name}[{i}]", room - 1)
    if predicate.not_ is not None:
        check(predicate.not_, f"{at}.not", room - 1)
    if predicate.property is not None:
        _check_comparison(predicate, at)
    elif predicate.op != "=" or predicate.value is not None or predicate.of != "event":
        raise Invalid("bad_predicate", "An op, a value and an of need a property.", at=at)


def comparisons(predicate: Predicate, at: str = "$.where") -> Iterator[tuple[Predicate, str]]:
    """The comparisons that ``predicate`` is made of, each with its place."""
    if predicate.property is not None:
        yield predicate, at
    for name, parts in (("all", predicate.all), ("any", predicate.any)):
        for i, part in enumerate(parts or ()):
            yield from comparisons(part, f"{at}.{name}[{i}]")
    if predicate.not_ is not None:
        yield from comparisons(predicate.not_, f"{at}.not")


def _check_comparison(predicate: Predicate, at: str) -> None:
    value, op = predicate.value, predicate.op
    if predicate.property == ():
        raise Invalid("bad_predicate", "The path names no property.", at=f"{at}.property")
    if op not in OPS:
        raise Invalid("unknown_op", f"There is no op {op!r}.", at=f"{at}.op", hint=nearest(op, OPS))
    if op in ("exists", "is_null"):
        fits, wanted = value is None, "no value"
    elif op in ("in", "not_in"):
        fits, wanted = isinstance(value, tuple), "a list of values"
    elif op in ("contains", "matches"):
        fits, wanted = isinstance(value, str), "a text"
    else:
        fits, wanted = value is not None and not isinstance(value, tuple), "one value"
    if not fits:
        raise Invalid("bad_predicate", f"The op {op} takes {wanted}.", at=f"{at}.value")
