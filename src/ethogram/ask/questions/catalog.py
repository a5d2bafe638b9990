"""The questions that can be asked, by name, and how a spec in JSON becomes one of them."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
import numpy as np

from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.cohort import check as check_cohort
from ethogram.ask.questions.correlation import CORRELATION
from ethogram.ask.questions.distribution import DISTRIBUTION
from ethogram.ask.questions.funnel import FUNNEL
from ethogram.ask.questions.heatmap import HEATMAP
from ethogram.ask.questions.journey import JOURNEY
from ethogram.ask.questions.lifecycle import LIFECYCLE
from ethogram.ask.questions.paths import PATHS
from ethogram.ask.questions.question import Question
from ethogram.ask.questions.retention import RETENTION
from ethogram.ask.questions.rfm import RFM
from ethogram.ask.questions.segments import SEGMENTS
from ethogram.ask.questions.sessions import SESSIONS
from ethogram.ask.questions.spec import Spec
from ethogram.ask.questions.states import STATES
from ethogram.ask.questions.stickiness import STICKINESS
from ethogram.ask.questions.trends import TRENDS
from ethogram.events.errors import Invalid, nearest
from ethogram.events.predicate import DEEPEST

C = TypeVar("C", bound=msgspec.Struct)

CATALOG: Mapping[str, Question[Any]] = {
    "distribution": DISTRIBUTION,
    "correlation": CORRELATION,
    "funnel": FUNNEL,
    "heatmap": HEATMAP,
    "journey": JOURNEY,
    "lifecycle": LIFECYCLE,
    "retention": RETENTION,
    "rfm": RFM,
    "sessions": SESSIONS,
    "stickiness": STICKINESS,
    "paths": PATHS,
    "states": STATES,
    "segments": SEGMENTS,
    "trends": TRENDS,
}


def question_of(spec: Spec) -> Question[Any]:
    """The question that ``spec`` asks."""
    return CATALOG[str(type(spec).__struct_config__.tag)]


def parse(said: bytes | str | Mapping[str, Any]) -> Spec:
    """The spec that JSON, or what JSON decodes to, says; also an answer's definition.

    Raises `Invalid` (``bad_json``, ``unknown_question``, ``unknown_field``, ``bad_spec``,
    ``too_deep``) with the place as a path, such as ``$.steps[1].event``, and the nearest name.
    """
    with _bounded():
        return _parsed(said)


def _parsed(said: bytes | str | Mapping[str, Any]) -> Spec:
    data = decoded(said)
    if not isinstance(data, Mapping):
        raise Invalid("bad_spec", "A question is a JSON object.", at="$")
    name = data.get("question")
    if not isinstance(name, str) or name not in CATALOG:
        raise Invalid(
            "unknown_question",
            f"There is no question {name!r}." if name else "No question is named.",
            at="$.question",
            hint=nearest(str(name), CATALOG),
        )
    kind = CATALOG[name].spec
    spec = {field: value for field, value in data.items() if field != "rules"}
    if not isinstance(said, bytes | str):
        spec = msgspec.to_builtins(spec, enc_hook=plain)
    try:
        return msgspec.convert(spec, kind)
    except msgspec.ValidationError as error:
        raise _explained(str(error), spec, kind) from None


def plain(value: Any) -> Any:
    """What JSON has instead of NumPy's numbers and arrays, such as an answer's people."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()  # pyright: ignore[reportUnknownVariableType]
    raise NotImplementedError(f"{type(value).__name__} is no part of a question")


def checked(spec: Spec) -> Spec:
    """``spec`` again, its types checked: Python does not check them when it is made."""
    with _bounded():
        return _parsed(msgspec.to_builtins(spec, enc_hook=plain))


def cell_of(kind: type[C], said: Mapping[str, Any]) -> C:
    """Which of an answer's numbers is meant, as the question's ``kind`` of cell."""
    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError as error:
        raise _explained(str(error), said, kind) from None


def cohort_of(said: bytes | str | Mapping[str, Any]) -> Cohort:
    """The cohort that JSON, or what JSON decodes to, says; checked. Raises `Invalid`."""
    with _bounded():
        data = decoded(said)
        cohort = cell_of(Cohort, data)
        check_cohort(cohort, "$")
    return cohort


@contextmanager
def _bounded() -> Generator[None]:
    """What is nested more deeply than Python's stack allows is the asker's mistake."""
    try:
        yield
    except RecursionError:
        raise Invalid(
            "too_deep", "The question is nested too deeply.", at="$",
            hint=f"{DEEPEST} predicates at most may stand one within the other.",
        ) from None  # fmt: skip


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of the question called ``name``."""
    if name not in CATALOG:
        raise Invalid("unknown_question", f"There is no question {name!r}.", at=name,
                      hint=nearest(name, CATALOG))  # fmt: skip
    return msgspec.json.schema(CATALOG[name].spec)


def decoded(said: bytes | str | Mapping[str, Any]) -> Any:
    """What JSON says; what it decodes to stays as it is. Raises `Invalid` (``bad_json``)."""
    if isinstance(said, Mapping):
        return said
    try:
        return msgspec.json.decode(said)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid("bad_json", f"This is not JSON: {error}.", at="$") from None


def _explained(message: str, data: Any, kind: type[msgspec.Struct]) -> Invalid:
    text, _, path = message.partition(" - at ")
    at = path.strip("`") or "$"
    unknown = re.search(r"unknown field `(.*)`", text)
    missing = re.search(r"missing required field `(.*)`", text)
    fields, choices = _known(msgspec.inspect.type_info(kind), _keys(at))
    if unknown:
        return Invalid("unknown_field", f"There is no field {unknown[1]!r} here.",
                       at=f"{at}.{unknown[1]}", hint=nearest(unknown[1], fields))  # fmt: skip
    if missing:
        return Invalid("missing_field", f"The field {missing[1]!r} is missing.", at=at)
    value = data
    for key in _keys(at):
        value = value[key]
    hint = nearest(str(value), choices) if choices else ""
    return Invalid("bad_spec", f"{text}; here is {value!r}."[:200], at=at, hint=hint)


def _keys(at: str) -> list[str | int]:
    """The steps of a path: ``$.steps[1].event`` is steps, 1, event."""
    found = re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", at)
    return [name or int(index) for name, index in found]


def _known(kind: Any, keys: list[str | int]) -> tuple[list[str], list[str]]:
    """The fields, or the values, that a spec of ``kind`` may have at ``keys``."""
    if isinstance(kind, msgspec.inspect.UnionType):
        both = [_known(each, keys) for each in kind.types]
        return [name for found in both for name in found[0]], [
            v for found in both for v in found[1]
        ]
    if isinstance(kind, msgspec.inspect.StructType):
        if not keys:
            return [field.encode_name for field in kind.fields], []
        inner = [field.type for field in kind.fields if field.encode_name == keys[0]]
        return _known(inner[0], keys[1:]) if inner else ([], [])
    if isinstance(kind, msgspec.inspect.VarTupleType) and keys:
        return _known(kind.item_type, keys[1:])
    if isinstance(kind, msgspec.inspect.LiteralType) and not keys:
        return [], [str(value) for value in kind.values]
    return [], []
