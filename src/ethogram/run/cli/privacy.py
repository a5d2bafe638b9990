"""``ethogram privacy``."""

from typing import Annotated

import msgspec
import typer

from ethogram.run.cli.terminal import (
    HERE,
    AsJson,
    Project,
    Workspace,
    counted,
    document,
    failing,
    line,
    table,
)

privacy = typer.Typer(help="Personal data that nobody tagged: find it, and seal it afterwards.",
                      no_args_is_help=True)  # fmt: skip


@privacy.command()
def scan(
    one_in: Annotated[int, typer.Option(help="Only each so-many-th event, as a sample.")] = 1,
    anew: Annotated[bool, typer.Option("--anew", help="Begin with the first event again.")] = False,
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Look for e-mail addresses, card numbers and the like in what is open; it goes on where the
    last scan ended. Values are shown as masks.
    """
    with failing("looking for personal data", as_json=as_json):
        from ethogram.run.opening import open_

        with open_(workspace, project, create=False) as opened:
            found = opened.findings(one_in, anew=anew)
            while found.looked < found.position:
                found = opened.findings(one_in)
        if as_json:
            document(found)
        elif found.findings:
            table([msgspec.structs.asdict(each) for each in found.findings])
            line("`ethogram privacy seal PROPERTY` seals one from now on, and what stands of it.")
        else:
            line("Nothing looks like personal data.")


@privacy.command()
def seal(
    property_: Annotated[str, typer.Argument(metavar="PROPERTY", help="Its name.")],
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Seal a property: in every event from now on, and in what stands."""
    with failing("sealing a property", as_json=as_json):
        from ethogram.run.opening import open_

        with open_(workspace, project, create=False) as opened:
            done = opened.seal(property_)
        if as_json:
            document(done)
        else:
            line(f"Sealed in {counted(done.events, 'event')} that stand, and in all that come.")
            if done.nobodys:
                line(f"{counted(done.nobodys, 'value')} of people who were erased went.")
