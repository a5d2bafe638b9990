"""Formulas over named numbers, such as ``A / B * 100``: names, numbers and + - * / ( )."""

import ast
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from math import isfinite
from string import ascii_uppercase
from typing import TypeAlias

from ethogram.ask.questions.measures import Number
from ethogram.events.errors import Invalid, nearest

Formula: TypeAlias = Callable[[Mapping[str, Number]], Number]
"""What a formula gives for a value of each name; null where it divides by 0 or meets a null."""
Line: TypeAlias = Callable[[Sequence[Number]], Number]
"""The same for a value of each series of a trend."""

LONGEST = 500
_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_HINT = 'Write "A / B * 100": names of what is given, with + - * / ( ) and numbers.'


def named(text: str, names: Collection[str], at: str) -> tuple[Formula, set[str]]:
    """The formula that ``text`` writes, and those of the ``names`` that stand in it.

    Raises `Invalid` (``bad_formula``) where it is none, or has a name that is not given.
    """
    if len(text) > LONGEST:
        raise _bad(f"A formula has at most {LONGEST} characters.", at)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _bad(f"{text[:64]!r} is not a formula.", at) from None
    for node in ast.walk(tree):
        _check(node, names, at)

    def found(values: Mapping[str, Number]) -> Number:
        try:
            result = _value(tree, values)
        except ZeroDivisionError:
            return None
        return result if result is not None and isfinite(result) else None

    return found, {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def formula(text: str, series: int, at: str) -> tuple[Line, set[int]]:
    """A trend's formula, where A is the first of the ``series``; and the numbers (from 0) of those
    that stand in it. Raises `Invalid` as `named` does.
    """
    letters = ascii_uppercase[:series]
    compute, there = named(text, [*letters], at)

    def line(values: Sequence[Number]) -> Number:
        return compute(dict(zip(letters, values, strict=False)))

    return line, set(map(letters.index, there))


def _check(node: ast.AST, names: Collection[str], at: str) -> None:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            if abs(value) > 1e300:
                raise _bad("A number in the formula is too large.", at)
        case ast.Name(id=name) if name in names:
            pass
        case ast.Name(id=name):
            raise _bad(f"There is no {name[:64]!r} here.", at, nearest(name, names))
        case ast.BinOp(op=op) if type(op) in _OPERATORS:
            pass
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()) | ast.operator() | ast.unaryop() | ast.Load():
            pass
        case _:
            column = getattr(node, "col_offset", 0) + 1
            raise _bad(f"Character {column} of the formula begins what it may not hold.", at)


def _value(node: ast.AST, values: Mapping[str, Number]) -> Number:
    """A name alone is its value as it is; what is computed is a float."""
    match node:
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=op, operand=operand):
            value = _value(operand, values)
            return -value if value is not None and isinstance(op, ast.USub) else value
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _value(left, values), _value(right, values)
            return None if a is None or b is None else _OPERATORS[type(op)](float(a), float(b))
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case _:
            raise AssertionError(node)


def _bad(message: str, at: str, hint: str = _HINT) -> Invalid:
    return Invalid("bad_formula", message, at=at, hint=hint)
