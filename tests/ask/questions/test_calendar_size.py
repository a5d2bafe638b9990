"""A calendar has a largest number of periods, and the refusal says which field to change."""

import pytest

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import parse
from ethogram.events.errors import Invalid
from ethogram.events.times import DAY

NOW = 60 * 365 * DAY


@pytest.mark.parametrize(
    ("spec", "at"),
    [
        ({"question": "trends", "series": ["A"], "interval": "minute"}, "$.interval"),
        ({"question": "sessions", "interval": "hour"}, "$.interval"),
        ({"question": "retention", "start": "A", "return": "A", "clock": "rolling",
          "floored": True, "periods": 1}, "$.period"),
    ],
)  # fmt: skip
def test_too_many_periods_are_refused_where_they_are_said(row, snapshot, spec, at):
    """Half a century by the minute or by the hour."""
    events = snapshot([row(1, 0, "A"), row(1, NOW, "A")])
    with pytest.raises(Invalid, match="more than 100,000") as refused:
        answer(parse(spec), events, NOW)
    assert (refused.value.code, refused.value.at) == ("too_many_periods", at)
