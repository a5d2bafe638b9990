"""Where compiled kernels are kept, of a package that is installed for reading only."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

KERNELS = Path(__file__).parents[2] / "src/ethogram/ask/kernels"
RUN = """
import numpy as np
from ethogram.ask.kernels.sorting import group_rows
group_rows(np.array([1, 0, 1]), np.array([0, 1, 3]))
print(sum(group_rows.stats.cache_hits.values()), sum(group_rows.stats.cache_misses.values()))
"""
AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
"""Even root may then write only where the modes allow it."""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The kernels alone, in folders that cannot be written."""
    folder = tmp_path / "ethogram/ask/kernels"
    shutil.copytree(KERNELS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for parent in (folder.parent, folder.parents[1]):
        (parent / "__init__.py").touch()
    (tmp_path / "nothing").mkdir()
    for path in (folder, tmp_path / "nothing"):
        path.chmod(0o555)
    return tmp_path


def started(package: Path, caches: Path) -> tuple[int, int]:
    """How often a new process found a compiled kernel, and how often it did not."""
    prefix = [] if os.getuid() else AS_ANYBODY
    if prefix and not shutil.which("setpriv"):
        pytest.skip("root may write everywhere, and setpriv is missing: apt-get install util-linux")
    done = subprocess.run(
        [*prefix, sys.executable, "-c", RUN],
        env={**os.environ, "PYTHONPATH": str(package), "XDG_CACHE_HOME": str(caches)},
        cwd=package,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    hits, misses = done.stdout.split()
    return int(hits), int(misses)


def test_a_package_that_cannot_be_written_compiles_once(package: Path) -> None:
    """What the first start compiled, the second finds in the user's cache folder."""
    assert started(package, package / "caches") == (0, 1)
    assert started(package, package / "caches") == (1, 0)


def test_where_nothing_can_be_written_kernels_run_all_the_same(package: Path) -> None:
    """Without any folder to keep them in, kernels are compiled at each start."""
    assert started(package, package / "nothing") == (0, 1)
