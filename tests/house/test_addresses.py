"""What is committed holds everywhere: no registry's address, no path of one machine."""

import json
from pathlib import Path

REGISTRIES = [
    ".".join(words)
    for words in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("crates", "io"),
        ("maven", "org"),
        ("maven", "apache", "org"),
        ("proxy", "golang", "org"),
        ("deb", "debian", "org"),
    )
]


def mentions(root: Path, paths: list[Path], words: list[str]) -> list[str]:
    """Where one of ``words`` stands in a text file."""
    texts = {path: (root / path).read_text(encoding="utf-8", errors="ignore") for path in paths}
    return [f"{path}: {word}" for path, text in texts.items() for word in words if word in text]


def test_no_registry_is_named(root: Path, committed: list[Path]) -> None:
    """Where packages come from is the environment's to say."""
    assert mentions(root, committed, REGISTRIES) == []


def test_no_path_of_this_machine_is_committed(root: Path, committed: list[Path]) -> None:
    """Neither the home folder nor the clone's own place stands in a file."""
    places = [f"{place}/" for place in (Path.home(), root.resolve()) if len(place.parts) > 1]
    assert mentions(root, committed, places) == []


def test_a_registry_is_found(tmp_path: Path) -> None:
    """The check sees an address in the middle of a line."""
    (tmp_path / "a.txt").write_text(f"--index https://{REGISTRIES[0]}/simple\n")
    assert mentions(tmp_path, [Path("a.txt")], REGISTRIES) == [f"a.txt: {REGISTRIES[0]}"]


def test_package_locks_have_no_addresses(root: Path, committed: list[Path]) -> None:
    """package-lock.json names versions and their hashes, not where they were found."""
    locks = [path for path in committed if path.name == "package-lock.json"]
    packages = [json.loads((root / path).read_text())["packages"] for path in locks]
    found = [name for lock in packages for name, entry in lock.items() if "resolved" in entry]
    assert found == []
