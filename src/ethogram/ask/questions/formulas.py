"""Formulas over a trend's series, such as ``A / B * 100``: numbers, letters and + - * / ( )."""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from string import ascii_uppercase
from typing import TypeAlias

from ethogram.ask.questions.measures import Number
from ethogram.events.errors import Invalid

Formula: TypeAlias = Callable[[Sequence[Number]], Number]
"""What a formula gives for a value of each series; null where it divides by 0 or meets a null."""

LONGEST = 500
_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def formula(text: str, series: int, at: str) -> tuple[Formula, set[int]]:
    """The formula that ``text`` writes, and the numbers (from 0) of the series it names.

    Raises `Invalid` (``bad_formula``) where it is none, or names more than the ``series`` there
    are: A is the first.
    """
    if len(text) > LONGEST:
        raise _bad(f"A formula has at most {LONGEST} characters.", at)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _bad(f"{text[:64]!r} is not a formula.", at) from None
    letters = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    known = ascii_uppercase[:series]
    for node in ast.walk(tree):
        _check(node, known, at)
    place = {letter: known.index(letter) for letter in letters}

    def found(values: Sequence[Number]) -> Number:
        try:
            result = _value(tree, {letter: values[i] for letter, i in place.items()})
        except ZeroDivisionError:
            return None
        return result if result is not None and isfinite(result) else None

    return found, set(place.values())


def _check(node: ast.AST, known: str, at: str) -> None:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            if abs(value) > 1e300:
                raise _bad("A number in the formula is too large.", at)
        case ast.Name(id=name) if name in known and len(name) == 1:
            pass
        case ast.Name(id=name):
            raise _bad(f"There is no series {name[:64]!r}.", at)
        case ast.BinOp(op=op) if type(op) in _OPERATORS:
            pass
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()) | ast.operator() | ast.unaryop() | ast.Load():
            pass
        case _:
            column = getattr(node, "col_offset", 0) + 1
            raise _bad(f"Character {column} of the formula begins what it may not hold.", at)


def _value(node: ast.AST, values: Mapping[str, Number]) -> float | None:
    match node:
        case ast.Name(id=letter):
            value = values[letter]
            return None if value is None else float(value)
        case ast.UnaryOp(op=op, operand=operand):
            value = _value(operand, values)
            return -value if value is not None and isinstance(op, ast.USub) else value
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _value(left, values), _value(right, values)
            return None if a is None or b is None else _OPERATORS[type(op)](a, b)
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case _:
            raise AssertionError(node)


def _bad(message: str, at: str) -> Invalid:
    return Invalid(
        "bad_formula",
        message,
        at=at,
        hint='Letters name the series in order: "A / B * 100", with + - * / ( ) and numbers.',
    )
