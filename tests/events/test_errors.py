"""Errors say what was wrong, where, and what to do, in one shape."""

from hypothesis import given
from hypothesis import strategies as st

from ethogram.events.errors import (
    Broken,
    Busy,
    Invalid,
    NotFound,
    NotPermitted,
    Refused,
    TooLarge,
    nearest,
)


def test_every_error_has_one_shape() -> None:
    """Each type shows code, message, hint and place, and has its HTTP status."""
    kinds = {Invalid: 400, Refused: 401, NotPermitted: 403, NotFound: 404, TooLarge: 413,
             Busy: 503, Broken: 500}  # fmt: skip
    for kind, status in kinds.items():
        error = kind("some_code", "It is wrong.", at="$.a", hint="Mend it.")
        shown = {"code": "some_code", "message": "It is wrong.", "hint": "Mend it.", "at": "$.a"}
        assert error.as_dict() == {"error": shown}
        assert error.status == status
        assert str(error) == "It is wrong. (at $.a) Mend it."


def test_busy_says_when_to_come_back() -> None:
    """A server that cannot keep up names the seconds to wait."""
    assert Busy("behind", "Too much at once.", retry_after=5).retry_after == 5


def test_a_hint_names_what_exists() -> None:
    """The first twenty names are listed, the others counted."""
    names = [f"question_{i:02}" for i in range(23)]
    hint = nearest("zzz", names)
    assert [name for name in names if name in hint] == names[:20]
    assert hint.endswith("and 3 more.")


@given(st.text(max_size=10), st.lists(st.text(max_size=10), max_size=25))
def test_any_name_gets_a_hint(name: str, known: list[str]) -> None:
    """Whatever was asked for and whatever there is, the hint is a sentence."""
    assert nearest(name, known).endswith(".")


def test_a_misspelt_name_is_recognised() -> None:
    """The nearest spelling comes first."""
    assert nearest("retenton", ["funnel", "retention"]).startswith('Did you mean "retention"?')
