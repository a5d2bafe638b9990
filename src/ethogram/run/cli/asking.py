"""``ethogram ask`` and ``ethogram questions``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from ethogram.events.errors import Invalid, NotFound
from ethogram.run.cli.terminal import (
    HERE,
    AsJson,
    Project,
    Workspace,
    document,
    failing,
    line,
    table,
)

if TYPE_CHECKING:
    from ethogram.ask.questions.answer import Answer
    from ethogram.show.api.ports import People

File = Annotated[Path | None, typer.Option(dir_okay=False, writable=True)]


def ask(
    spec: Annotated[str, typer.Argument(help="A file, - for standard input, or JSON itself.")],
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the main list as CSV.")] = False,
    xlsx: File = None,
    png: File = None,
    people: Annotated[
        str | None,
        typer.Option(help="List those behind a number, such as '{\"step\": 2}' of a funnel."),
    ] = None,
) -> None:
    """Ask a question of the workspace."""
    with failing("answering the question", as_json=as_json):
        from ethogram.run.opening import open_

        said = read(spec)
        with open_(workspace, project, create=False) as opened:
            if people is not None:
                cell = json_object(people, "--people", '{"step": 2}')
                _list(opened.people(said, cell, None), as_json=as_json)
                return
            answer = opened.ask(said)
        if xlsx is not None:
            answer.to_polars().write_excel(xlsx)
        if png is not None:
            picture(answer.to_dict(), png)
        if as_json:
            document(answer.to_dict())
        elif csv:
            from ethogram.ask.formulas import csv_of

            sys.stdout.write(csv_of(answer.to_polars()))
        elif xlsx is None and png is None:
            _show(answer)


def questions(
    name: Annotated[str | None, typer.Argument(help="One question, as a JSON Schema.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what can be asked, or describe one question."""
    with failing("listing the questions", as_json=as_json):
        from ethogram.ask.questions.catalog import CATALOG, schema

        if name is not None:
            document(schema(name))
            return
        rows = [{"question": each, "asks": _first_line(CATALOG[each].spec)} for each in CATALOG]
        if as_json:
            document(rows)
        else:
            table(rows)


def read(spec: str) -> bytes:
    """What a file, standard input for ``-``, or ``spec`` itself says. Raises `NotFound`."""
    if spec == "-":
        return sys.stdin.buffer.read()
    if spec.lstrip().startswith("{"):
        return spec.encode()
    path = Path(spec)
    if not path.is_file():
        raise NotFound(
            "no_spec", f"There is no file {spec!r}.", at=spec, hint="Give a file, - or JSON."
        )
    return path.read_bytes()


def picture(answer: dict[str, Any], to: Path) -> None:
    """Draw an answer's JSON as a PNG. Raises `NotFound` without what draws."""
    from ethogram.show.charts.draw import png
    from ethogram.show.charts.figure import figure

    to.write_bytes(png(figure(answer)))


def json_object(said: str | bytes, at: str, example: str) -> dict[str, Any]:
    """The JSON object that was given as ``at``. Raises `Invalid`."""
    try:
        return msgspec.json.decode(said, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid("bad_json", f"This is not a JSON object: {error}.", at=at,
                      hint=f"Write it as '{example}'.") from None  # fmt: skip


def _list(found: "People", *, as_json: bool) -> None:
    if as_json:
        document(msgspec.to_builtins(found))
    else:
        sys.stdout.writelines(f"{person}\n" for person in found.people)


def _show(answer: "Answer") -> None:
    from ethogram.show.charts.figure import headline

    line(headline(answer.to_dict()))
    table(answer.to_polars().to_dicts())


def _first_line(spec: type[Any]) -> str:
    return (spec.__doc__ or "").strip().partition("\n")[0].replace("``", "")
