"""Everything public says what it is, and every test says what it promises."""

import ast
from collections.abc import Iterator
from pathlib import Path

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public(node: Documented, inside: str) -> Iterator[tuple[str, Documented]]:
    """The public definitions in ``node`` with their dotted names, itself first."""
    yield inside, node
    for child in node.body if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else ():
        if isinstance(child, Documented) and not child.name.startswith("_"):
            yield from public(child, f"{inside}.{child.name}")


def silent(source: str, name: str) -> list[str]:
    """The public definitions of a module that have no docstring."""
    return [at for at, node in public(ast.parse(source), name) if not ast.get_docstring(node)]


def of(root: Path, modules: list[Path]) -> list[str]:
    """The silent definitions of all ``modules``."""
    return [at for path in modules for at in silent((root / path).read_text(), str(path))]


def test_everything_public_has_a_docstring(root: Path, committed: list[Path]) -> None:
    """Modules and their public classes, functions and methods say what they are."""
    python = [path for path in committed if path.suffix == ".py"]
    assert of(root, [path for path in python if path.parts[0] != "tests"]) == []


def test_every_test_says_what_it_promises(root: Path, committed: list[Path]) -> None:
    """A test module and each test in it have a sentence; what serves the tests may be silent."""
    tests = [path for path in committed if path.parts[0] == "tests" and path.suffix == ".py"]
    found = [
        name for name in of(root, tests) if name.rpartition(".")[2].startswith(("test_", "py"))
    ]
    assert found == []


def test_a_silent_method_is_found() -> None:
    """The check looks into classes and leaves private names alone."""
    source = '"""M."""\nclass A:\n    """A."""\n    def f(self): ...\n    def _g(self): ...\n'
    assert silent(source, "m") == ["m.A.f"]
