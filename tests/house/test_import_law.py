"""The law of imports stands, and breaking it fails the build."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LINT = Path(sys.executable).with_name("lint-imports")


def judge(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the copy of the package in ``folder``."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [str(LINT), "--no-cache"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A copy of the package and its law."""
    modules = shutil.ignore_patterns("site", "__pycache__")
    shutil.copytree(root / "src/ethogram", tmp_path / "ethogram", ignore=modules)
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_law_stands(copy: Path) -> None:
    """The package as it is breaks no contract."""
    verdict = judge(copy)
    assert verdict.returncode == 0, verdict.stdout


@pytest.mark.parametrize(
    ("room", "line", "contract"),
    [
        ("events", "import ethogram.store", "Rooms import one way"),
        ("ask", "import ethogram.show", "Rooms import one way"),
        ("show", "import ethogram.collect", "Rooms import one way"),
        ("collect", "import ethogram.ask", "The doors know neither"),
        ("store/log", "import ethogram.store.lake", "Inside store"),
        ("ask/kernels", "import ethogram.ask.sequences", "Inside ask"),
        ("ask/kernels", "import polars", "Kernels know NumPy and Numba only"),
        ("ask/questions", "import numba", "Numba lives in kernels"),
        ("run", "import deltalake", "Delta lives in the lake"),
        ("run", "import dlt", "dlt lives where systems"),
        ("show/charts", "import starlette", "The web framework lives in"),
        ("protect", "import pickle", "Nothing is pickled"),
        ("learn", "import joblib", "Nothing is pickled"),
    ],
)
def test_breaking_the_law_fails(copy: Path, room: str, line: str, contract: str) -> None:
    """A forbidden import in any room is refused, by the contract that is meant for it."""
    (copy / "ethogram" / room).mkdir(exist_ok=True)
    (copy / "ethogram" / room / "__init__.py").touch()
    (copy / "ethogram" / room / "trespass.py").write_text(f"{line}\n")
    verdict = judge(copy)
    assert verdict.returncode != 0
    broken = [row for row in verdict.stdout.splitlines() if row.endswith("BROKEN")]
    assert any(row.startswith(contract) for row in broken), verdict.stdout
