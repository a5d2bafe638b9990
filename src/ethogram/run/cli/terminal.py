"""What every command says and how: options that they share, documents, tables, errors.

With ``--json`` standard output is one JSON document and nothing else; progress and remarks go
to standard error always.
"""

import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ethogram.events.errors import EthogramError

Workspace: TypeAlias = Annotated[
    Path, typer.Option("-w", "--workspace", help="The workspace's folder.", show_default=True)
]
Project: TypeAlias = Annotated[str, typer.Option(help="The project in the workspace.")]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
HERE = Path("shop")

_LESS = (
    "Nothing that was kept is lost. End other programs, use fewer threads (ETHOGRAM_THREADS=1), "
    "or do less at once: smaller files, a shorter range, fewer values of `by`."
)

remarks = Console(stderr=True)
_out = Console()


def document(value: Any) -> None:
    """Print ``value`` as the one JSON document."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value)) + b"\n")
    sys.stdout.flush()


def table(
    rows: Sequence[Mapping[str, Any]], title: str | None = None, *, separated: bool = True
) -> None:
    """Print rows for people; where they are too wide for the window, a value a line.

    Numbers have thousands ``separated``, unless they may be ids.
    """
    names = list(rows[0]) if rows else []
    cells = [[_cell(row.get(name), separated) for name in names] for row in rows]
    if not _fits(names, cells):
        _print_apart(names, cells)
        return
    shown = Table(title=title, title_justify="left")
    for name in names:
        numeric = any(_is_number(row.get(name)) for row in rows)
        shown.add_column(Text(name), justify="right" if numeric else "left", no_wrap=numeric)
    for row in cells:
        shown.add_row(*map(Text, row))
    _out.print(shown)


def _fits(names: Sequence[str], cells: Sequence[Sequence[str]]) -> bool:
    """Whether every column has room, a long text's over several lines."""
    widest = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    return sum(min(width, _NARROW) + 3 for width in widest) < _out.width


_NARROW = 24
"""So wide a column is at least where it holds longer texts."""


def _print_apart(names: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """Row after row, each value behind its name; what is empty is left out."""
    longest = max(map(len, names))
    for row in cells:
        for name, said in zip(names, row, strict=True):
            if said:
                _out.print(_beside(name, said, longest))
        line("")


def _beside(name: str, said: str, longest: int) -> Table:
    """A name and behind it its value, whose further lines stand below its first."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=longest)
    grid.add_column(ratio=1)
    grid.add_row(Text(name, style="dim"), Text(said))
    return grid


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def counted(number: int, noun: str, several: str = "") -> str:
    """A number and its noun, which is otherwise with an ``s``.

    >>> counted(1, "row"), counted(1200, "row"), counted(2, "entry", "entries")
    ('1 row', '1,200 rows', '2 entries')
    """
    return f"{number:,} {noun if number == 1 else several or noun + 's'}"


def line(text: str) -> None:
    """Print a sentence for people."""
    _out.print(text, markup=False, highlight=False)


@contextmanager
def failing(doing: str, *, as_json: bool = False) -> Generator[None]:
    """An error that can be acted on ends the command with status 1, said as it was asked for.

    ``doing`` is what the command does, as an error that does not know it says it.
    """
    try:
        yield
    except EthogramError as error:
        say(error, as_json)
    except OSError as error:
        where = str(error.filename or "")
        say(EthogramError("os_error", f"{error.strerror or error}.", at=where), as_json)
    except MemoryError:
        say(EthogramError("no_memory", f"The memory ran out while {doing}.", hint=_LESS), as_json)
    else:
        return
    raise typer.Exit(1)


def say(error: EthogramError, as_json: bool) -> None:
    """Say what is wrong, where, and what to do; with ``as_json`` as the one document."""
    if as_json:
        document(error.as_dict())
        return
    remarks.print(error.message, style="bold red", markup=False)
    for label, said in (("at", error.at), ("do", error.hint), ("code", error.code)):
        if said:
            remarks.print(f"  {label}: {said}", markup=False, highlight=False)


def _cell(value: Any, separated: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}" if separated else str(value)
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return msgspec.json.encode(value).decode()
