"""Cohorts: people by what they did, by what is known of them, by name, and joined as sets.

A cohort is data, and the same wherever people are chosen: as a question's ``people``, in its
``by``, in rules and in flags.
"""

from collections.abc import Iterator

import msgspec

from ethogram.ask.questions.step import MOST_PICKS, Step, step
from ethogram.events import predicate
from ethogram.events.duration import microseconds
from ethogram.events.errors import Invalid
from ethogram.events.predicate import DEEPEST, Predicate

_FORMS = ("did", "first", "stopped", "sequence", "is", "ids", "saved", "all", "any", "not")
_TIMES = ("from", "to", "last")
_FIELDS = {
    "did": ("at_least", "at_most", *_TIMES),
    "first": _TIMES,
    "stopped": ("silent", "last"),
    "sequence": ("within", *_TIMES),
}


class Cohort(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """People, in exactly one of these forms:

    - ``did``: did a step, ``at_least`` (1) and ``at_most`` so many times
    - ``first``: did a step for the first time ever in that time
    - ``stopped``: did a step before, and not in the ``silent`` time up to the instant; with
      ``last``, before means so long before the silence
    - ``sequence``: did steps in order, ``within`` a time from the first (without it, any)
    - ``is``: a predicate that holds for the last values that their events gave, or their profile
    - ``ids``: persons of these internal ids; ``saved``: the cohort saved under a name
    - ``all``, ``any``, ``not``: of cohorts

    A cohort is as it was ``at`` an instant, ISO 8601, by default that of asking; those within it
    too, unless they say their own. The time is ``from`` (inclusive) to ``to`` (exclusive), or
    the ``last`` so long before the instant; without them, all time up to the instant.

    >>> buyers = Cohort(did="purchase", at_least=3, last="30d")
    >>> (buyers & ~Cohort(first="signup", last="7d")).all[0].did.event
    'purchase'
    """

    did: Step | str | None = None
    first: Step | str | None = None
    stopped: Step | str | None = None
    sequence: tuple[Step | str, ...] | None = None
    is_: Predicate | None = msgspec.field(default=None, name="is")
    ids: tuple[int | str, ...] | None = None
    saved: str | None = None
    all: "tuple[Cohort, ...] | None" = None
    any: "tuple[Cohort, ...] | None" = None
    not_: "Cohort | None" = msgspec.field(default=None, name="not")
    at_least: int | None = None
    at_most: int | None = None
    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    last: str | None = None
    within: str | None = None
    silent: str | None = None
    at: str | None = None

    def __post_init__(self) -> None:
        for name in ("did", "first", "stopped"):
            said = getattr(self, name)
            if said is not None:
                msgspec.structs.force_setattr(self, name, step(said))
        if self.sequence is not None:
            msgspec.structs.force_setattr(self, "sequence", tuple(map(step, self.sequence)))

    def __and__(self, other: "Cohort") -> "Cohort":
        return Cohort(all=(self, other))

    def __or__(self, other: "Cohort") -> "Cohort":
        return Cohort(any=(self, other))

    def __invert__(self) -> "Cohort":
        return Cohort(not_=self)


def key_of(cohort: Cohort) -> bytes:
    """What tells cohorts apart: Python's ``==`` does not, to which True is 1."""
    return msgspec.json.encode(cohort)


def steps_of(cohort: Cohort, at: str = "$") -> list[tuple[Step, str]]:
    """The steps that ``cohort`` itself looks for, each with its place."""
    if cohort.sequence is not None:
        return [(step(each), f"{at}.sequence[{i}]") for i, each in enumerate(cohort.sequence)]
    forms = {"did": cohort.did, "first": cohort.first, "stopped": cohort.stopped}
    return [(step(said), f"{at}.{form}") for form, said in forms.items() if said is not None]


def parts_of(cohort: Cohort, at: str) -> Iterator[tuple[Cohort, str]]:
    """``cohort`` and every one within it, each with its place."""
    yield cohort, at
    for form, parts in (("all", cohort.all), ("any", cohort.any)):
        for i, part in enumerate(parts or ()):
            yield from parts_of(part, f"{at}.{form}[{i}]")
    if cohort.not_ is not None:
        yield from parts_of(cohort.not_, f"{at}.not")


def check(cohort: Cohort, at: str, room: int = DEEPEST) -> None:
    """Raise `Invalid` where ``cohort`` is not of one form or its fields do not fit the form."""
    if not room:
        raise Invalid("too_deep", "The cohort is nested too deeply.", at=at)
    said = {field.encode_name for field in msgspec.structs.fields(cohort)
            if getattr(cohort, field.name) is not None}  # fmt: skip
    forms = [form for form in _FORMS if form in said]
    if len(forms) != 1:
        raise Invalid(
            "bad_cohort",
            f"A cohort is one of {', '.join(_FORMS)}; here is {' and '.join(forms) or 'nothing'}.",
            at=at,
            hint='Write {"did": {"event": "purchase"}, "at_least": 3, "last": "30d"}.',
        )
    form = forms[0]
    for field in said - {form, "at"} - {*_FIELDS.get(form, ())}:
        raise Invalid("bad_cohort", f'"{field}" says nothing of "{form}".', at=f"{at}.{field}")
    _check_fields(cohort, form, at)
    for name, inner in (("all", cohort.all), ("any", cohort.any)):
        for i, part in enumerate(inner or ()):
            check(part, f"{at}.{name}[{i}]", room - 1)
    if cohort.not_ is not None:
        check(cohort.not_, f"{at}.not", room - 1)


def _check_fields(cohort: Cohort, form: str, at: str) -> None:
    if cohort.is_ is not None:
        predicate.check(cohort.is_, f"{at}.is")
        _check_whose(cohort.is_, f"{at}.is")
    for i, each in enumerate(cohort.ids or ()):
        person_id(each, f"{at}.ids[{i}]")
    if cohort.last is not None and (cohort.from_ or cohort.to):
        raise Invalid("bad_cohort", 'Say "last", or "from" and "to".', at=f"{at}.last")
    if form == "stopped" and cohort.silent is None:
        raise Invalid("missing_field", "The field 'silent' is missing.", at=at,
                      hint='Say for how long they have not: "silent": "30d".')  # fmt: skip
    if cohort.at_least is not None and cohort.at_least < 1:
        raise Invalid("bad_cohort", "At least once, or more.", at=f"{at}.at_least",
                      hint='Who did not: {"not": {"did": …}}.')  # fmt: skip
    if cohort.at_most is not None and cohort.at_most < (cohort.at_least or 1):
        raise Invalid("bad_cohort", "More at least than at most.", at=f"{at}.at_most")
    if cohort.sequence == ():
        raise Invalid("no_steps", "A sequence needs a step.", at=f"{at}.sequence")
    if len(cohort.sequence or ()) > MOST_PICKS:
        raise Invalid("too_many_steps", f"A sequence has at most {MOST_PICKS} steps.",
                      at=f"{at}.sequence")  # fmt: skip
    for name in ("last", "within", "silent"):
        if said := getattr(cohort, name):
            microseconds(said, f"{at}.{name}")


def _check_whose(said: Predicate, at: str) -> None:
    """Refuse ``of`` in what is asked of the last values anyway."""
    if said.of not in ("event", "profile"):
        raise Invalid("bad_cohort", '"is" looks at what the person\'s events gave last.',
                      at=f"{at}.of", hint='Leave out "of", or ask of the "profile".')  # fmt: skip
    for name, inner in (("all", said.all), ("any", said.any)):
        for i, part in enumerate(inner or ()):
            _check_whose(part, f"{at}.{name}[{i}]")
    if said.not_ is not None:
        _check_whose(said.not_, f"{at}.not")


def person_id(said: int | str, at: str) -> int:
    """An internal id; JSON's numbers may be too small for it, so that it comes as a text too."""
    text = str(said)
    if not (text.isascii() and text.isdigit() and int(text) < 2**63):
        raise Invalid("bad_id", f"{text[:64]!r} is no person's internal id.", at=at,
                      hint="An internal id is a whole number below 2**63.")  # fmt: skip
    return int(text)
