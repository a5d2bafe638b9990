"""The answer of a paths question, as figures and the API's document know it."""

import msgspec

from ethogram.show.charts.answers.shown import By, Shown


class PathNode(msgspec.Struct, frozen=True):
    """An event at a step, and how many paths start and end there.

    ``people`` is null for the rest of a step's events together, of which some share people.
    """

    step: int
    node: str
    count: int | None
    people: int | None
    starts: int | None
    ends: int | None


class PathEdge(msgspec.Struct, frozen=True):
    """From a node at ``step`` to one at the next."""

    from_: str = msgspec.field(name="from")
    to: str
    step: int
    count: int
    people: int | None


class WholePath(msgspec.Struct, frozen=True):
    """A whole path and how often it was taken."""

    path: list[str]
    count: int
    people: int


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """Some paths, step by step; ``top`` is null where there are too many different ones."""

    paths: int | None
    people: int | None
    nodes: list[PathNode]
    edges: list[PathEdge]
    top: list[WholePath] | None


class PathsGroup(Ways, frozen=True, kw_only=True):
    """The paths of those who share the values in ``by``."""

    by: By


class Matching(msgspec.Struct, frozen=True):
    """In how many sessions, of how many people, a pattern is found."""

    pattern: str
    sessions: int | None
    people: int | None
    matching_sessions: int | None
    matching_people: int | None


class PathDifference(msgspec.Struct, frozen=True):
    """An edge in two segments; ``shares`` are of a segment's paths, null where it has none."""

    from_: str = msgspec.field(name="from")
    to: str
    step: int
    counts: tuple[int, int]
    people: tuple[int | None, int | None]
    shares: tuple[float | None, float | None]
    difference: float | None


class PathsAnswer(Shown, frozen=True, kw_only=True, tag="paths"):
    """What people do one after the other."""

    paths: int | None
    people: int | None
    nodes: list[PathNode]
    edges: list[PathEdge]
    top: list[WholePath] | None
    pattern: Matching | None = None
    groups: list[PathsGroup] = []
    segments: list[Ways] = []
    difference: list[PathDifference] = []
