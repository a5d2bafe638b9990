"""Figures of answers of which something is hidden: drawn, and in words of what is told."""

import pytest
from tests.ask.questions.conftest import Row, snapshot_of
from tests.ask.questions.test_small_groups_told import NOW, QUESTIONS, K, rows_of, spec_of

from ethogram.ask.engines.embedded import asking
from ethogram.show.charts.draw import svg
from ethogram.show.charts.figure import figure

LIVES = [[(t, name, 0.2) for t, name in enumerate("ABC"[:n])] for n in (1, 2, 3)]
FEW = [(life, group, many) for life, group in zip(LIVES, "xyz", strict=True) for many in (2, 3)]
SOME = [*FEW, (LIVES[0], "x", 40), (LIVES[2], "y", 30), (LIVES[1], "y", 20)]


@pytest.mark.parametrize("title", QUESTIONS)
@pytest.mark.parametrize("crowd", [FEW, SOME])
def test_an_answer_with_hidden_numbers_is_drawn(title: str, crowd: list) -> None:
    """No figure fails on what is not told, and its sentence says that something is not."""
    answer = asking(spec_of(title), snapshot_of(rows_of(Row, crowd)), NOW).answer(k=K).to_dict()
    drawn = figure(answer)
    assert ("are hidden" in drawn.headline) == ("hidden" in answer)
    assert "None" not in drawn.headline
    if answer.get("edges") != []:
        assert svg(drawn, 900, 480).startswith("<svg")


def test_too_few_for_any_number_are_not_called_nobody() -> None:
    """Nobody and fewer than are told of are two things."""
    rows = [Row(person, person, "A") for person in range(K - 1)]
    answer = asking(spec_of("funnel"), snapshot_of([*rows, Row(0, 0, "B"), Row(0, 0, "C")]), NOW)
    said = figure(answer.answer(k=K).to_dict()).headline
    assert said.startswith("Too few people")
