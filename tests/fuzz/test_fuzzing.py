"""Every dialect's decoder is fuzzed for a while: as long as FUZZ_SECONDS says."""

import os
from pathlib import Path

import pytest

pytest.importorskip("atheris", reason="atheris is not installed")
from tests.doors.golden import GOLDEN
from tests.fuzz.full import fuzz
from tests.fuzz.promises import Promises
from tests.fuzz.wire import PREFIXES, dialect_of, request, written

SECONDS = int(os.environ.get("FUZZ_SECONDS", "3"))


@pytest.mark.parametrize("name", PREFIXES)
def test_what_fuzzing_starts_from_is_sound(name: str) -> None:
    """The golden requests of each dialect are taken, every event of them."""
    promises = Promises(dialect_of(name))
    for sent in GOLDEN[name]:
        outcome = promises.check(request(written(sent, name)))
        assert outcome is not None
        assert outcome.accepted
        assert outcome.rejected == []


def test_no_request_breaks_a_promise(tmp_path: Path) -> None:
    """No crash, no request that takes two seconds, none that takes 200 MB."""
    broken = [each for each in fuzz(PREFIXES, tmp_path, SECONDS) if each.failed]
    assert broken == [], "\n".join(each.said[-4000:] for each in broken)
