"""``ethogram export``."""

from typing import Annotated

import typer

from ethogram.run.cli.asking import read
from ethogram.run.cli.saved import opened
from ethogram.run.cli.terminal import (
    HERE,
    AsJson,
    Project,
    Workspace,
    counted,
    document,
    failing,
    line,
)


def export(
    to: Annotated[
        str, typer.Option(help="A file (.parquet, .csv, .jsonl, .duckdb), a folder, or an address.")
    ],
    spec: Annotated[str | None, typer.Argument(help="A question: a file, -, or JSON.")] = None,
    workspace: Workspace = HERE,
    table: Annotated[
        str | None, typer.Option(help="events, people, sessions, dead_letters, or a look-up.")
    ] = None,
    sql: Annotated[str | None, typer.Option(help="One SELECT.")] = None,
    name: Annotated[str | None, typer.Option("--as", help="What it is called there.")] = None,
    dataset: Annotated[str, typer.Option(help="The schema or folder there.")] = "ethogram",
    form: Annotated[
        str, typer.Option("--format", help="Of files: parquet, jsonl, csv or delta.")
    ] = "parquet",
    write: Annotated[str | None, typer.Option(help="replace, append or merge.")] = None,
    key: Annotated[list[str] | None, typer.Option(help="A column to merge by.")] = None,
    since_last: Annotated[
        bool, typer.Option("--since-last", help="Only what came after the last such export.")
    ] = False,
    with_names: Annotated[
        bool,
        typer.Option("--with-names", help="Also who the persons are, and what is sealed."),
    ] = False,
    purpose: Annotated[
        str | None, typer.Option(help="Leave out persons who did not give this purpose.")
    ] = None,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Send a table, an answer, or what SQL finds to a database, a bucket or a folder.

    Persons are internal ids, and what is sealed stays out, unless --with-names asks for them:
    that needs the master key, which only the owner of the workspace has.
    """
    with failing("exporting", as_json=as_json), opened(workspace, project) as shop:
        sent = shop.export(
            to,
            table=table,
            sql=sql,
            question=None if spec is None else read(spec),
            name=name,
            dataset=dataset,
            format=form,
            write=write,
            key=tuple(key or ()),
            since_last=since_last,
            with_names=with_names,
            purpose=purpose,
        )
    if as_json:
        document(sent)
    else:
        where = f"{sent.dataset}.{sent.table} at {sent.to}" if sent.dataset else sent.to
        line(f"{counted(sent.rows, 'row')} sent to {where}.")
        if purpose is not None:
            line(f"{counted(sent.left_out, 'person', 'people')} left out: not asked or against it.")
