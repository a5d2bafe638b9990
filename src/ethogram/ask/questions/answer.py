"""An answer: numbers, what they mean, and what they were computed from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import pyarrow as pa

from ethogram.ask.sequences.run import Int64s, State
from ethogram.events.errors import Invalid

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Row: TypeAlias = dict[str, Any]
Drill: TypeAlias = Callable[[Mapping[str, Any]], Int64s]
SHOWN = 20


@dataclass(frozen=True)
class Answer:
    """What a question found at ``state``.

    ``definition`` is the question with every default written out, and the rules it followed.
    ``results`` are the lists of the JSON document; ``rows`` is the main one of them, flat, as
    frames show it. ``cached``: it was found before, of the same question at the same state.
    """

    question: str
    definition: dict[str, Any]
    state: State
    results: dict[str, Any]
    rows: list[Row]
    drill: Drill | None = field(default=None, repr=False, compare=False)
    draw: "Callable[[Answer], Any] | None" = field(default=None, repr=False, compare=False)
    cached: bool = field(default=False, compare=False)

    def __repr__(self) -> str:
        """The question, how far it saw, and the rows."""
        return f"{self.question}, up to position {self.state.position:,}\n{self.to_polars()}"

    def to_dict(self) -> dict[str, Any]:
        """The JSON document."""
        return {
            "question": self.question,
            **self.results,
            "definition": self.definition,
            "state": msgspec.to_builtins(self.state),
            **({"cached": True} if self.cached else {}),
        }

    def to_polars(self) -> "pl.DataFrame":
        """The main list as a frame."""
        import polars as pl

        return pl.DataFrame(self.rows, infer_schema_length=None, strict=False)

    def to_arrow(self) -> pa.Table:
        """The main list as an Arrow table."""
        return self.to_polars().to_arrow()

    def to_pandas(self) -> "pd.DataFrame":
        """The main list as a pandas frame, where pandas is installed."""
        return self.to_polars().to_pandas()

    def chart(self) -> Any:
        """The figure, as a notebook shows it; ``.svg()`` and ``.png()`` give pictures."""
        if self.draw is None:
            raise Invalid("no_chart", "Only the answer of an opened workspace can be drawn.")
        return self.draw(self)

    def people(self, step: int | None = None, **cell: Any) -> Int64s:
        """The internal ids, sorted, of those behind one of the numbers.

        ``cell`` says which: of a funnel those who reached ``step`` (the first is 1), or with
        ``dropped=True`` those who reached the step before and not this one; what other
        questions take, `ethogram.ask.questions` says beside each.
        """
        if self.drill is None:
            raise Invalid("no_people", "This answer no longer knows the events it came from.")
        return self.drill(cell if step is None else {"step": step, **cell})

    def _repr_html_(self) -> str:
        heads = list(self.rows[0]) if self.rows else []
        head = "".join(f"<th>{escape(name)}</th>" for name in heads)
        lines = "".join(
            "<tr>" + "".join(f"<td>{_cell(row.get(name))}</td>" for name in heads) + "</tr>"
            for row in self.rows[:SHOWN]
        )
        more = len(self.rows) - SHOWN
        caption = f"{self.question}, {more} more rows" if more > 0 else self.question
        return (
            f"<table><caption>{escape(caption)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
        )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return escape(f"{value:.4g}" if isinstance(value, float) else str(value))
