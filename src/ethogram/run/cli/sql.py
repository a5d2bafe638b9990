"""``ethogram sql``."""

import sys
from typing import Annotated

import typer

from ethogram.run.cli.terminal import (
    HERE,
    AsJson,
    Project,
    Workspace,
    counted,
    document,
    failing,
    remarks,
    table,
)


def sql(
    statement: Annotated[str, typer.Argument(help="One SELECT, or - for standard input.")],
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the rows as CSV.")] = False,
    limit: Annotated[int | None, typer.Option(help="Print at most so many rows.")] = None,
) -> None:
    """Ask in SQL what no question asks: over the views events, sessions and people."""
    with failing("running the statement", as_json=as_json):
        from ethogram.run.opening import open_

        said = sys.stdin.read() if statement == "-" else statement
        with open_(workspace, project, create=False) as opened:
            answer = opened.sql(said, limit)
        if as_json:
            document(answer.to_rows())
            return
        if csv:
            sys.stdout.write(answer.to_csv())
        else:
            table(answer.to_polars().to_dicts(), separated=False)
        if answer.more:
            remarks.print(f"Cut off after {counted(answer.table.num_rows, 'row')}; there are more.")
        behind = answer.state.log - answer.state.lake
        if behind:
            last = counted(behind, "entry", "entries")
            remarks.print(f"Not in the lake yet: the last {last} of the log.")
