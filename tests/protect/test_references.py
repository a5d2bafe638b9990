"""A reference stands for a secret; the secret stands nowhere else."""

from pathlib import Path

import pytest

from ethogram.events.errors import NotFound
from ethogram.protect.references import Secrets


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    (tmp_path / "secrets.toml").write_text('TOKEN = "sesame open"\nSHOP = "from the file"\n')
    return Secrets(tmp_path / "secrets.toml", {"SHOP": "p@ss/word", "URL": "db://me:hush1@h/x"})


def test_references_are_filled_however_deep(secrets: Secrets) -> None:
    """The environment comes before the file."""
    found = secrets.filled({"auth": ["Bearer ${TOKEN}", 7], "shop": "${SHOP}"})
    assert found == {"auth": ["Bearer sesame open", 7], "shop": "p@ss/word"}


def test_in_an_address_a_secret_is_quoted(secrets: Secrets) -> None:
    """A password may hold what parts an address; an address that is one secret stays as it is."""
    assert secrets.filled_url("db://me:${SHOP}@h/x") == "db://me:p%40ss%2Fword@h/x"
    assert secrets.filled_url("${URL}") == "db://me:hush1@h/x"


def test_what_was_filled_in_is_taken_out(secrets: Secrets) -> None:
    """In every spelling that an error may repeat, and the password inside an address too."""
    secrets.filled_url("db://me:${SHOP}@h/x")
    secrets.filled("${URL} ${TOKEN}")
    said = "no p@ss/word, no p%40ss%2Fword, no hush1, no sesame%20open"
    assert secrets.hidden(said) == "no ${SHOP}, no ${SHOP}, no ${URL}, no ${TOKEN}"


def test_a_password_that_was_written_out_is_taken_out_too(secrets: Secrets) -> None:
    """An address on the command line may hold one."""
    assert secrets.filled_url("db://me:letmein@h/x") == "db://me:letmein@h/x"
    assert "letmein" not in secrets.hidden("db://me:letmein@h/x failed")


def test_a_secret_that_is_not_there_is_told_by_name(secrets: Secrets) -> None:
    """And where it is looked for."""
    with pytest.raises(NotFound, match="TOKN") as missing:
        secrets.filled("${TOKN}")
    assert missing.value.at.endswith("secrets.toml")
    assert "sesame" not in str(missing.value)
