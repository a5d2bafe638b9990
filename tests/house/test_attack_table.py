"""The guide's table of attacks names tests that are there."""

import re
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def rows(root: Path) -> list[list[str]]:
    """The cells of the table."""
    lines = (root / "docs/guide/security.md").read_text().splitlines()
    table = [line for line in lines if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_each_attack_names_tests_that_are_there(root: Path, rows: list[list[str]]) -> None:
    """By file and name; a row without one says that what it is about does not exist yet."""
    assert len(rows) > 20
    for kind, defence, held in rows:
        named = re.findall(r"(tests/[\w/]+\.py)::(\w+)", held)
        assert named or held.startswith("`.ci/") or "yet" in defence, kind
        for file, name in named:
            text = (root / file).read_text() if (root / file).exists() else ""
            assert re.search(rf"^def {name}\(", text, re.MULTILINE), f"{file}::{name}"


def test_each_file_of_attacks_stands_in_the_table(root: Path, rows: list[list[str]]) -> None:
    """What is tried is told: no file of tests/attacks is missing there."""
    said = "".join(held for *_, held in rows)
    files = {path.name for path in (root / "tests/attacks").glob("test_*.py")}
    assert {name for name in files if name not in said} == set()
