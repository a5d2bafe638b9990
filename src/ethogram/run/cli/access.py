"""``ethogram accounts``, ``roles``, ``tokens`` and ``audit``: by the owner of the machine."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from ethogram.run.cli.asking import read
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
    from ethogram.protect.access.caller import Caller
    from ethogram.protect.access.desk import Desk

Email = Annotated[str, typer.Argument(help="The account's address of e-mail.")]
RoleName = Annotated[str, typer.Option("--role", help="Its role; `ethogram roles list`.")]
Password = Annotated[
    str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, help="Asked for.")
]

accounts = typer.Typer(help="People who sign in.", no_args_is_help=True)
roles = typer.Typer(help="What people may.", no_args_is_help=True)
tokens = typer.Typer(help="What programs are known by.", no_args_is_help=True)
audit = typer.Typer(help="Who did what.", no_args_is_help=True)


@contextmanager
def desk_of(workspace: Workspace, project: str, as_json: bool) -> "Generator[tuple[Desk, Caller]]":
    """The desk of a workspace, and its owner in ``project``, which must be there."""
    with failing("looking at who may look", as_json=as_json):
        from ethogram.protect.access.caller import owner
        from ethogram.run import assembly
        from ethogram.run.workspace import open_workspace

        opened = open_workspace(workspace, create=False)
        opened.standing(project)
        desk = assembly.desk(opened)
        try:
            yield desk, owner(project)
        finally:
            desk.close()


@accounts.command("add")
def add(email: Email, password: Password, role: RoleName = "admin", workspace: Workspace = HERE,
        project: Project = "default", as_json: AsJson = False) -> None:  # fmt: skip
    """Make an account; its password is asked for."""
    with desk_of(workspace, project, as_json) as (desk, owner):
        from ethogram.protect.access.accounts import add

        _show([add(desk, owner, email, role, password)], as_json)


@accounts.command("list")
def members(workspace: Workspace = HERE, project: Project = "default",
            as_json: AsJson = False) -> None:  # fmt: skip
    """The accounts of a project."""
    with desk_of(workspace, project, as_json) as (desk, _):
        from ethogram.protect.access.accounts import members

        _show(members(desk, project), as_json)


@accounts.command("invite")
def invite(email: Email, role: RoleName = "viewer", workspace: Workspace = HERE,
           project: Project = "default", as_json: AsJson = False) -> None:  # fmt: skip
    """Print an invitation, which holds once and for seven days."""
    with desk_of(workspace, project, as_json) as (desk, owner):
        from ethogram.protect.access.invitations import invite

        code = invite(desk, owner, email, role)
        if as_json:
            document({"invitation": code})
        else:
            line(f"Open the site at /invitation#{code}")


@accounts.command("invitations")
def list_invitations(workspace: Workspace = HERE, project: Project = "default",
                     as_json: AsJson = False) -> None:  # fmt: skip
    """The invitations to a project that hold, without their codes."""
    with desk_of(workspace, project, as_json) as (desk, _):
        from ethogram.protect.access.invitations import listed
        from ethogram.show.api.invitations import told

        _show([told(each) for each in listed(desk, project)], as_json)


@accounts.command("uninvite")
def uninvite(id_: Annotated[str, typer.Argument(metavar="ID")], workspace: Workspace = HERE,
             project: Project = "default", as_json: AsJson = False) -> None:  # fmt: skip
    """Take an invitation back."""
    with desk_of(workspace, project, as_json) as (desk, owner):
        from ethogram.protect.access.invitations import take_back

        take_back(desk, owner, id_)
        _show([], as_json)


@accounts.command("remove")
def remove(email: Email, workspace: Workspace = HERE, project: Project = "default",
           as_json: AsJson = False) -> None:  # fmt: skip
    """Take an account out of a project."""
    with desk_of(workspace, project, as_json) as (desk, owner):
        from ethogram.events.errors import NotFound, nearest
        from ethogram.protect.access.accounts import members, remove
        from ethogram.protect.access.sessions import plain

        known = {each.email: each.id for each in members(desk, project)}
        if plain(email) not in known:
            raise NotFound("unknown_account", f"There is no account {email!r} in this project.",
                           hint=nearest(email, known))  # fmt: skip
        remove(desk, owner, known[plain(email)])
        _show([], as_json)


@accounts.command("password")
def password(email: Email, password: Password, workspace: Workspace = HERE,
             as_json: AsJson = False) -> None:  # fmt: skip
    """Set an account's password; it is asked for. Every session of the account ends, and so do
    its second factor and its tie to another provider.
    """
    with desk_of(workspace, "default", as_json) as (desk, owner):
        from ethogram.protect.access.accounts import set_password

        set_password(desk, owner, email, password)
        _show([], as_json)


@roles.command("list")
def list_roles(workspace: Workspace = HERE, project: Project = "default",
               as_json: AsJson = False) -> None:  # fmt: skip
    """The roles of a project, the built-in ones first."""
    with desk_of(workspace, project, as_json) as (desk, _):
        from ethogram.protect.access.saved_roles import listed

        found = listed(desk, project)
        if as_json:
            document(found)
        else:
            table([{"role": name, "permissions": ", ".join(role.permissions), "k": role.smallest,
                    "view": "a part" if role.is_view else ""}
                   for name, role in found.items()])  # fmt: skip


@roles.command("set")
def set_role(
    name: Annotated[str, typer.Argument(help="The role's name.")],
    body: Annotated[str, typer.Argument(help="A file, - for standard input, or JSON itself.")],
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Define a role: `{"permissions": ["ask"], "where": …, "hidden": [], "k": 10}`."""
    with desk_of(workspace, project, as_json) as (desk, owner):
        from ethogram.ask.questions.catalog import cell_of, decoded
        from ethogram.protect.access.roles import Role
        from ethogram.protect.access.saved_roles import save

        save(desk, owner, name, cell_of(Role, decoded(read(body))))
        _show([], as_json)


@tokens.command("add")
def add_token(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    permissions: Annotated[str, typer.Argument(help="Such as `ask,people`.")],
    days: Annotated[int | None, typer.Option(help="Days that it holds; else without end.")] = None,
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Print a new token; it is told nowhere again."""
    with desk_of(workspace, project, as_json) as (desk, owner):
        from ethogram.events.errors import Invalid, nearest
        from ethogram.events.times import DAY
        from ethogram.protect.access.permissions import PERMISSIONS, Permission
        from ethogram.protect.access.tokens import add

        known: dict[str, Permission] = {each: each for each in PERMISSIONS}
        for each in permissions.split(","):
            if each not in known:
                raise Invalid("unknown_permission", f"There is no permission {each!r}.",
                              hint=nearest(each, known))  # fmt: skip
        until = None if days is None else desk.clock() + days * DAY
        said, token = add(desk, owner, name, [known[e] for e in permissions.split(",")], until)
        if as_json:
            document({"id": token.id, "token": said})
        else:
            line(said)


@tokens.command("list")
def list_tokens(workspace: Workspace = HERE, project: Project = "default",
                as_json: AsJson = False) -> None:  # fmt: skip
    """The tokens of a project, without what they are."""
    with desk_of(workspace, project, as_json) as (desk, _):
        from ethogram.protect.access.tokens import listed
        from ethogram.show.api.tokens import told

        _show([told(each) for each in listed(desk, project)], as_json)


@tokens.command("revoke")
def revoke(id_: Annotated[str, typer.Argument(metavar="ID")], workspace: Workspace = HERE,
           project: Project = "default", as_json: AsJson = False) -> None:  # fmt: skip
    """Revoke a token; within seconds it opens nothing any more."""
    with desk_of(workspace, project, as_json) as (desk, owner):
        from ethogram.protect.access.tokens import revoke
        from ethogram.show.api.tokens import told

        _show([told(revoke(desk, owner, id_))], as_json)


@audit.command("show")
def show_audit(
    most: Annotated[int, typer.Option(help="So many lines, the newest.")] = 50,
    workspace: Workspace = HERE,
    project: Project = "default",
    of_workspace: Annotated[
        bool, typer.Option("--of-workspace", help="Lines of no project.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """The newest lines of a project's audit."""
    with desk_of(workspace, project, as_json) as (desk, _):
        from ethogram.protect.access.trail import WORKSPACE, Line

        found = desk.trail.read(WORKSPACE if of_workspace else project, None, most)
        told = [msgspec.json.decode(each.entry, type=Line) for each in found]
        _show(told, as_json)


@audit.command("export")
def export_audit(
    to: Annotated[Path, typer.Argument(help="The file; it must not be there yet.")],
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Write the audit to a file, a line each, with the signed roots of its days at the end."""
    with desk_of(workspace, project, as_json) as (desk, owner):
        from ethogram.protect.access import trail as trails

        trail, count = desk.trail, 0
        trail.keep(project, trails.line(owner, "audit exported")).result()
        with to.open("xb") as into:
            for each in trail.lines(project):
                into.write(b'{"number":%d,"link":"%b","line":%b}\n' % (
                    each.number, each.link.hex().encode(), each.entry))  # fmt: skip
                count += 1
            for root in trail.roots(project):
                into.write(msgspec.json.encode({"root": root}) + b"\n")
        if as_json:
            document({"lines": count})
        else:
            line(f"{count:,} lines")


@audit.command("report")
def compliance_report(
    to: Annotated[
        Path | None, typer.Option("-o", "--output", help="An HTML file; it must not be there yet.")
    ] = None,
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """The state of compliance with GDPR, CCPA/CPRA and HIPAA's rule of de-identification."""
    with failing("reporting on compliance", as_json=as_json):
        from ethogram.run.opening import open_
        from ethogram.show.reports.compliance.page import page

        with open_(workspace, project, create=False) as opened:
            report = opened.compliance()
        if to is not None:
            with to.open("x", encoding="utf-8") as file:
                file.write(page(report))
        if as_json:
            document(report)
        elif to is not None:
            line(f"The report is in {to}.")
        else:
            table([msgspec.structs.asdict(each) for each in report.controls])


def _show(found: list[Any], as_json: bool) -> None:
    if as_json:
        document(found)
    else:
        table([msgspec.to_builtins(each) for each in found])
