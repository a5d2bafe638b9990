"""A test that asserts nothing cannot fail, so it promises nothing."""

import ast
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
CHECKS = {"raises", "warns", "fail", "expect"}


def called(function: Function) -> set[str]:
    """The last words of the names that ``function`` calls: ``pytest.raises`` is ``raises``."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    words = [node.attr if isinstance(node, ast.Attribute) else node for node in calls]
    return {word.id if isinstance(word, ast.Name) else word for word in words
            if isinstance(word, ast.Name | str)}  # fmt: skip


def asserts(function: Function) -> bool:
    """Whether the body itself can fail by what it checks."""
    names = called(function)
    written = any(isinstance(node, ast.Assert) for node in ast.walk(function))
    return written or bool(names & CHECKS) or any(name.startswith("assert") for name in names)


def toothless(sources: dict[str, str]) -> list[str]:
    """Tests that neither assert nor call a function of the tests that does, however far."""
    functions = [
        (name, node)
        for name, source in sources.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, Function)
    ]
    sharp = {node.name for _, node in functions if asserts(node)}
    grown = True
    while grown:
        more = {node.name for _, node in functions if called(node) & sharp} - sharp
        sharp |= more
        grown = bool(more)
    tests = [(name, node) for name, node in functions if node.name.startswith("test_")]
    blunt = [(name, node.name) for name, node in tests if not asserts(node)]
    return [f"{name}::{test}" for name, test in blunt if test not in sharp]


def test_every_test_can_fail(root: Path, committed: list[Path]) -> None:
    """Each test asserts, expects an error, or calls a checker that does."""
    tests = [path for path in committed if path.parts[0] == "tests" and path.suffix == ".py"]
    assert toothless({str(path): (root / path).read_text() for path in tests}) == []


def test_a_test_without_an_assertion_is_found() -> None:
    """The check follows calls to checkers, and is not fooled by other calls."""
    sources = {
        "checker.py": "def agrees(x):\n    assert x\n",
        "test_a.py": "def test_good():\n    agrees(1)\ndef test_bad():\n    print(1)\n",
    }
    assert toothless(sources) == ["test_a.py::test_bad"]
