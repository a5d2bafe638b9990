"""A reference stands for a secret; the secret stands nowhere else."""

from pathlib import Path
from typing import Any

import pytest

from ethogram.events.errors import Invalid, NotFound
from ethogram.protect.references import Secrets, check_no_secret


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


def test_a_secret_is_taken_out_before_a_reason_is_cut(tmp_path: Path) -> None:
    """Half of one is told as little as one whose lines were joined, or that stands quoted."""
    key = "-----BEGIN KEY-----\nabc'def\n-----END KEY-----"
    secrets = Secrets(tmp_path / "none", {"KEY": key})
    secrets.filled("${KEY}")
    for said in (f"bad key {key}", f"bad key {key!r}", "x" * 490 + key):
        reason = secrets.reason(OSError(said))
        assert "BEGIN" not in reason
        assert "abc" not in reason


@pytest.mark.parametrize(
    "said",
    [
        {"sasl.password": "hunter2"},
        {"ssl.key.pem": "-----BEGIN"},
        {"X-Api-Key": "hunter2"},
        {"clientSecret": "hunter2"},
        {"aws_secret_access_key": "hunter2"},
        {"password": 123456},
        {"url": "db://me:hunter2@h/x"},
        {"url": "db://h/x?user=me&password=hunter2"},
        {"url": "db://${USER}:hunter2@h/x?password=${SHOP}"},
        {"url": "mssql+pyodbc:///?odbc_connect=PWD%3Dhunter2"},
    ],
)
def test_a_secret_that_is_written_out_is_refused(said: dict[str, Any]) -> None:
    """By the name of its field, however that is spelt, or where addresses have passwords."""
    with pytest.raises(Invalid, match="A secret stands in the definition"):
        check_no_secret({"options": [said]})


@pytest.mark.parametrize(
    "said",
    [
        {"sasl.password": "${SHOP}", "headers": {"Authorization": "Bearer ${TOKEN}"}},
        {"url": "db://me:${SHOP}@h/x?password=${SHOP}"},
        {"url": "https://h:8080/x?page=2", "primary_key": "id", "cursor_param": "next_token"},
        {"key": ["token"], "encrypted": True, "secret": True},
    ],
)
def test_what_is_no_secret_may_be_written_out(said: dict[str, Any]) -> None:
    """References, ports, and the names of columns; beside them a secret is still found."""
    check_no_secret(said)
    with pytest.raises(Invalid):
        check_no_secret([said, {"token": "hunter2"}])
