"""Workspaces for tests of the commands; the master keys lie in temporary folders too."""

from pathlib import Path

import pytest
from tests.serving import Served

VISITS = """\
customer,when,action,price
ann,2026-03-01T10:00:00Z,catalog,
ann,2026-03-01T10:05:00Z,cart,20
ann,2026-03-02T09:00:00Z,payment_done,20
ben,2026-03-01T11:00:00Z,catalog,
ben,2026-03-01T11:02:00Z,cart,35
eve,2026-03-03T08:00:00Z,catalog,
"""
MAPPING = ("--user", "customer", "--time", "when", "--event", "action")


@pytest.fixture
def visits(tmp_path: Path) -> list[str]:
    """The words that import six events of three people."""
    file = tmp_path / "visits.csv"
    file.write_text(VISITS)
    return ["import", str(file), *MAPPING]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A workspace that nobody serves, with the six events in it; tests add nothing to it."""
    scratch = tmp_path_factory.mktemp("shop")
    (scratch / "visits.csv").write_text(VISITS)
    workspace = Served(scratch, {})
    workspace.document("import", str(scratch / "visits.csv"), *MAPPING)
    return workspace


@pytest.fixture
def empty(tmp_path: Path) -> Served:
    """A workspace that is not made yet."""
    return Served(tmp_path, {})
