"""One idea a file: what is longer than 500 lines holds several."""

from pathlib import Path

LIMIT = 500
WRITTEN = {".py", ".ts", ".tsx", ".css", ".js", ".mjs"}
REASONS = {"web/src/api/generated.ts": "generated from the OpenAPI document"}
"""Files that may be longer, each with the reason."""


def lines(path: Path) -> int:
    """How many lines the file has."""
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_file_is_longer_than_500_lines(root: Path, committed: list[Path]) -> None:
    """A longer file has its reason written above."""
    written = [path for path in committed if path.suffix in WRITTEN]
    long = [str(path) for path in written if lines(root / path) > LIMIT]
    assert [name for name in long if name not in REASONS] == []


def test_no_reason_outlives_its_file(root: Path, committed: list[Path]) -> None:
    """A reason stands only for a file that needs it."""
    there = [path for path in committed if str(path) in REASONS]
    assert [str(path) for path in there if lines(root / path) <= LIMIT] == []
