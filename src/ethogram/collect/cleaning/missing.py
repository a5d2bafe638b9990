"""The step ``missing``: texts that say that there is no value become no value."""

from collections.abc import Sequence

from ethogram.events.event import Json

USUAL = ("null", "undefined", "nan", "n/a", "(not set)", "(none)", "[object Object]")
"""What programs write where they have no value; a setting adds others."""
_BLANK = frozenset(" " * size for size in range(9))


def spellings(words: Sequence[str]) -> frozenset[str]:
    """``words`` in small, capital and title letters and as they are, and texts of blanks alone.

    >>> sorted(spellings(["null"]))[-4:]
    ['NULL', 'NaN', 'Null', 'null']
    """
    shapes = (str, str.lower, str.upper, str.capitalize)
    return _BLANK | {"NaN"} | {shape(word) for word in words for shape in shapes}


def missing(properties: dict[str, Json], absent: frozenset[str]) -> list[str]:
    """The names of the ``properties`` whose text is one of ``absent``."""
    try:
        if absent.isdisjoint(properties.values()):
            return []
    except TypeError:
        pass
    return [
        name for name, value in properties.items() if value.__class__ is str and value in absent
    ]
