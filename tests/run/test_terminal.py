"""What people read in a terminal."""

import pytest

from ethogram.run.cli.terminal import table


def test_a_table_shows_names_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """What looks like a style or a link in an event's name is text."""
    table([{"event": "[red]cart[/]", "[b]note": "[/nothing]"}])
    said = capsys.readouterr().out
    assert "[red]cart[/]" in said and "[b]note" in said and "[/nothing]" in said


@pytest.mark.parametrize(
    ("value", "shown"),
    [(82500.4, "82,500"), (0.66667, "0.6667"), (1.0, "1"), (123456, "123,456"), (None, "")],
)
def test_numbers_are_written_as_people_write_them(
    capsys: pytest.CaptureFixture[str], value: float | None, shown: str
) -> None:
    """Thousands are parted, fractions are short, and none is written with an exponent."""
    table([{"n": value}])
    assert capsys.readouterr().out.splitlines()[3].strip("│ ") == shown


def test_no_column_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """A row that is wider than the window shows every value, behind its name."""
    row = {f"column {number}": f"value {number} " + "x" * 40 for number in range(9)}
    table([row | {"count": 7, "nothing": None}])
    said = capsys.readouterr().out
    assert all(name in said and f"value {number}" in said for number, name in enumerate(row))
    assert "count" in said and "7" in said
    assert "nothing" not in said
    assert max(map(len, said.splitlines())) <= 80


def test_long_texts_take_several_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """A table whose texts are long stays one: they are broken between words."""
    table([{"code": "bad", "hint": "word " * 30, "count": 3}])
    said = capsys.readouterr().out
    assert said.count("word") == 30
    assert max(map(len, said.splitlines())) <= 80
