"""A room's and a file's name says what is in it."""

import re
from pathlib import Path

EMPTY = {
    *("base", "bases", "common", "commons", "core", "generic", "helper", "helpers", "impl"),
    *("lib", "misc", "miscellaneous", "other", "shared", "stuff", "tmp", "util", "utils"),
}
HOUSES = ("src", "web/src", "tracker", "tests", "benchmarks", "docs")


def says_nothing(path: Path) -> bool:
    """Whether a folder on the way, or the file itself, has a name that any content would fit."""
    stems = [part.split(".")[0].lower() for part in path.parts]
    words = [re.sub(r"^test[_-]|[_-]test$", "", stem) for stem in stems]
    endings = {re.split(r"[_-]", word)[-1] for word in words} - {"base", "core", "other", "shared"}
    return bool(EMPTY & {*words, *endings})


def test_every_name_says_what_is_inside(committed: list[Path]) -> None:
    """No room and no file is called util, common, helpers, base, misc or the like."""
    inside = [path for path in committed if path.as_posix().startswith(HOUSES)]
    assert [str(path) for path in inside if says_nothing(path)] == []


def test_an_empty_name_is_found() -> None:
    """The check sees such names as rooms, files, endings and tests, and lets telling ones be."""
    empty = ["src/utils/times.py", "src/base.py", "web/src/date-helpers.ts", "tests/test_misc.py"]
    telling = ["src/knowledge_base.py", "src/database.py", "src/shared_memory.py"]
    assert all(says_nothing(Path(name)) for name in empty)
    assert not any(says_nothing(Path(name)) for name in telling)
