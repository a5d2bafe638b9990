"""The command ``ethogram``."""

import sys

import typer

from ethogram.run.cli import (
    access,
    asking,
    care,
    consent,
    dead_letters,
    exporting,
    importing,
    keys,
    people,
    plan,
    privacy,
    retention,
    saved,
    serving,
    sources,
    sql,
)
from ethogram.run.cli.failures import misused, unexpected
from ethogram.run.cli.terminal import say

app = typer.Typer(
    name="ethogram",
    help="Behavioural analytics, whole, in one Python package.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command, name in (
    (serving.demo, "demo"),
    (serving.serve, "serve"),
    (importing.import_, "import"),
    (asking.ask, "ask"),
    (asking.questions, "questions"),
    (sql.sql, "sql"),
    (exporting.export, "export"),
    (care.verify, "verify"),
    (care.doctor, "doctor"),
):
    app.command(name)(command)
app.add_typer(keys.keys, name="keys")
app.add_typer(access.accounts, name="accounts")
app.add_typer(access.roles, name="roles")
app.add_typer(access.tokens, name="tokens")
app.add_typer(access.audit, name="audit")
app.add_typer(saved.cohorts, name="cohorts")
app.add_typer(saved.kpis, name="kpis")
app.add_typer(saved.traits, name="traits")
app.add_typer(people.people, name="people")
app.add_typer(consent.consent, name="consent")
app.add_typer(retention.retention, name="retention")
app.add_typer(plan.plan, name="plan")
app.add_typer(privacy.privacy, name="privacy")
app.add_typer(dead_letters.dead_letters, name="dead-letters")
app.add_typer(sources.sources, name="sources")
app.add_typer(sources.lookups, name="lookups")


def main() -> None:
    """What the shell runs; the status is 1 where the work failed, 2 where the words are wrong."""
    as_json = "--json" in sys.argv
    try:
        sys.exit(app(prog_name="ethogram", standalone_mode=False))
    except typer.Abort:
        sys.exit(1)
    except typer.TyperException as error:
        if error.format_message():
            say(misused(error), as_json)
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 - nobody should have to read a traceback
        say(unexpected(error), as_json)
        sys.exit(1)
