"""Arithmetic over named numbers: ``A / B``, ``1 - A``, ``(A + B) * 100``."""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from ethogram.events.errors import Invalid, nearest

Number: TypeAlias = float | int | None
_LONGEST = 500
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def parse(formula: str, names: Mapping[str, object], at: str = "$.formula") -> ast.expr:
    """The formula as a tree. Raises `Invalid` for what is not arithmetic over ``names``."""
    try:
        if len(formula) > _LONGEST:
            raise SyntaxError(f"longer than {_LONGEST} characters")
        tree = ast.parse(formula.strip(), mode="eval").body
        for node in _checked(tree):
            if isinstance(node, ast.Name) and node.id not in names:
                raise Invalid("unknown_term", f"There is no term {node.id!r}.", at=at,
                              hint=nearest(node.id, names))  # fmt: skip
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Invalid("bad_formula", f"This is no formula: {error}.", at=at,
                      hint='Write "A / B": names, numbers, + - * / and parentheses.',
                      ) from None  # fmt: skip
    return tree


def value(tree: ast.expr, terms: Mapping[str, Number]) -> Number:
    """What the formula comes to; None where a term is missing or something is divided by zero."""
    try:
        return _value(tree, terms)
    except (TypeError, ZeroDivisionError, OverflowError):
        return None


def _value(node: ast.expr, terms: Mapping[str, Number]) -> Any:
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left, terms), _value(node.right, terms))
    if isinstance(node, ast.UnaryOp):
        return -_value(node.operand, terms)
    return terms[node.id] if isinstance(node, ast.Name) else getattr(node, "value", None)


def _checked(node: ast.expr) -> Iterator[ast.expr]:
    yield node
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        yield from _checked(node.left)
        yield from _checked(node.right)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield from _checked(node.operand)
    elif not (
        isinstance(node, ast.Name)
        or (isinstance(node, ast.Constant) and type(node.value) in (int, float))
    ):
        raise SyntaxError("only names, numbers, + - * / and parentheses can stand in it")
