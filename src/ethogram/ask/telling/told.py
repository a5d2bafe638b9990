"""An answer as it is told to who is told of groups of ``k`` people and more."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from ethogram.ask.questions.spec import Spec
from ethogram.events.errors import NotPermitted

S = TypeVar("S", bound=Spec)
Results: TypeAlias = dict[str, Any]

SMALL_GROUPS = {
    "hidden": "numbers about fewer people than fewer_than are null or left out, and so many "
    "others that these cannot be computed from what is shown; a percentile is told where so many "
    "people are expected on both sides of it, an extreme never"
}
"""What an answer's rules say where something may be hidden."""


class Hidden(msgspec.Struct, frozen=True):
    """What an answer does not tell: numbers about ``fewer_than`` so many people.

    ``at`` are their places, as paths of the answer; ``rows`` is how many rows of its lists, such
    as groups, are left out.
    """

    fewer_than: int
    at: list[str]
    rows: int


@dataclass
class Hiding:
    """What is hidden in ``results``, which are changed: what is about fewer than ``k`` people."""

    results: Results
    k: int
    at: list[str] = field(default_factory=list[str])
    rows: int = 0

    def null(self, place: str, holder: Any, names: Iterable[Any]) -> None:
        """Hide the numbers of ``holder``, a row or a list that stands at ``place``."""
        for name in names:
            if isinstance(holder, dict) and name not in holder:
                continue
            if holder[name] is not None:
                holder[name] = None
                self.at.append(f"{place}[{name}]" if isinstance(name, int) else f"{place}.{name}")

    def keep(self, name: str, holder: Results, kept: list[Any]) -> None:
        """Leave the other rows of the list ``name`` of ``holder`` out."""
        self.rows += len(holder[name]) - len(kept)
        holder[name] = kept

    def told(self, k: int) -> Results:
        """The results, and what of them is hidden from who is told of ``k`` people and more."""
        if not self.at and not self.rows:
            return self.results
        return {**self.results, "hidden": msgspec.to_builtins(Hidden(k, self.at, self.rows))}


@dataclass(frozen=True)
class Rule(Generic[S]):
    """How the numbers of a question's answer hang together.

    ``hide`` hides what is small in the results. ``beside`` is another question whose answer says
    how many people the numbers are about, where the question's own does not. ``refused`` says what
    of a spec cannot be told at all, since it does not say of how many people it is.
    """

    hide: Callable[[S, Hiding, Results], None]
    beside: Callable[[S], Spec | None] = lambda _: None
    refused: Callable[[S], str | None] = lambda _: None


def check(rules: Mapping[str, Rule[Any]], spec: Spec, k: int) -> None:
    """Raise `NotPermitted` where it is not known of how many people an answer's numbers are."""
    rule = rules.get(str(spec.__struct_config__.tag))
    why = "The answer does not say" if rule is None else _by_unit(spec) or rule.refused(spec)
    if why:
        raise NotPermitted(
            "small_groups", f"{why} how many people each of its numbers is about, and your role "
            f"is told of groups of {k} people and more.", at="$",
            hint="Ask it otherwise, or let somebody ask whose role's k is 1.",
        )  # fmt: skip


def told(
    rules: Mapping[str, Rule[Any]],
    spec: Spec,
    results: Results,
    k: int,
    ask: Callable[[Spec], Results],
) -> Results:
    """``results``, changed: numbers about fewer than ``k`` people are null, or left out.

    `check` has let ``spec`` pass. ``ask`` gives the results of another question over the same
    people.
    """
    rule = rules[str(spec.__struct_config__.tag)]
    beside = rule.beside(spec)
    # A sample's numbers are enlarged: so many stand for k people of it.
    hiding = Hiding(results, ceil(k / (spec.sample or 1)))
    rule.hide(spec, hiding, {} if beside is None else ask(beside))
    return hiding.told(k)


def _by_unit(spec: Spec) -> str | None:
    if spec.unit == "person":
        return None
    return f"An answer by {spec.unit[:64]!r} does not say"
