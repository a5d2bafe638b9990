"""The only module that names adapters: it puts a project's parts together.

What reads is heavy, and imported where it is put together: the process that accepts does without.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ethogram.collect.cleaning import steps
from ethogram.collect.cleaning.pipeline import Cleaning
from ethogram.collect.consenting.needs import Needs, needs
from ethogram.collect.door import Door
from ethogram.events.event import Instant
from ethogram.events.plan import Plan
from ethogram.events.times import now
from ethogram.protect import master
from ethogram.protect.consent.purposes import ANALYTICS, Purposes
from ethogram.protect.consent.standing import Standing
from ethogram.protect.erasures import Remembered
from ethogram.protect.keyring import Keyring
from ethogram.protect.references import Secrets
from ethogram.protect.vault import Vault
from ethogram.run.planned import Planned
from ethogram.run.settings import Settings
from ethogram.run.turn import Turn
from ethogram.run.workspace import Workspace
from ethogram.run.writing import Writing, say_erasures
from ethogram.store.log.port import WINDOW, LogReader
from ethogram.store.log.seen import Seen
from ethogram.store.log.sqlite import SqliteLog, SqliteReader

if TYPE_CHECKING:
    from pyarrow import Table

    from ethogram.ask.questions.answer import Answer
    from ethogram.ask.sql.job import Limits
    from ethogram.events.erasure import Erasure
    from ethogram.people.identity import Identity
    from ethogram.protect.access.desk import Desk
    from ethogram.protect.access.provider import Provider
    from ethogram.protect.consent.sending import Sending
    from ethogram.run.consents import Consents
    from ethogram.run.embedded import Said
    from ethogram.run.erasing import Erasing
    from ethogram.run.exporting import Exporter
    from ethogram.run.importing import Target
    from ethogram.run.looking import Looking
    from ethogram.run.reading import Reading
    from ethogram.run.requests import Requests
    from ethogram.run.rooms import EraseEntries
    from ethogram.run.saved import Note, SavedThings
    from ethogram.run.scanning import Scanning
    from ethogram.run.sealing import KeyMaker, Sealing
    from ethogram.run.sourcing.sources import Sources
    from ethogram.show.api.ports import Person
    from ethogram.store.log.entries import Consented
    from ethogram.store.registry.port import Registry


def vault(workspace: Workspace, project: str) -> Vault:
    """The vault of ``project``."""
    beside = master.location(workspace.id).with_name(f"{workspace.id}.erasures.jsonl")
    path = workspace.project(project) / "vault.sqlite"
    with workspace.held():
        newest, *before = workspace.masters
        return Vault(path, newest, Remembered(beside, project), before)


def writing(workspace: Workspace, project: str, settings: Settings) -> Writing:
    """The writing half of ``project``. Raises `Busy` where another process has it."""
    folder = workspace.project(project)
    kept = vault(workspace, project)
    log = SqliteLog(folder / "log.sqlite", kept.keyring.chain)
    reader = SqliteReader(folder / "log.sqlite")
    log.forget_keys(now() - WINDOW)
    seen = Seen(log.keys(now() - WINDOW))
    steps, needs = cleaning(workspace, settings), needing(settings)
    rules = Planned(folder, settings.depth_limit, steps, needs, settings.ip)
    allowed = standing(folder, log)
    door = Door(log, seen, kept, allowed, rules)
    made = Writing(log, reader, kept, allowed, door, settings.event_limit)
    say_erasures(made)
    return made


def standing(folder: Path, log: LogReader) -> Standing:
    """What persons allow, as far as the log says; what that let go of the lake still has."""
    made = Standing(folder / "consent.sqlite")
    if made.position < log.start:
        from ethogram.run.consents import restore
        from ethogram.store.lake.tables import Lake

        restore(made, Lake(folder / "lake"))
    made.catch_up(log)
    return made


def needing(settings: Settings) -> Callable[[Plan, Purposes], Needs]:
    """What makes of a tracking plan and purposes what events need."""
    required = (ANALYTICS,) if settings.consent == "required" else ()
    honours = settings.gpc == "honour"
    return lambda plan, purposes: needs(plan, purposes, required, settings.consent_sources, honours)


def desk(
    workspace: Workspace, keyrings: "Callable[[], Mapping[str, Keyring]] | None" = None
) -> "Desk":
    """Who may look at ``workspace``; ``keyrings`` are those of its projects, where keys count."""
    from ethogram.protect.access.desk import Desk

    url = f"sqlite:///{workspace.folder / 'access.sqlite'}"
    return Desk(url, lambda: workspace.masters, keyrings or dict)


def provider(workspace: Workspace, settings: Settings) -> "Provider | None":
    """Another provider by which people sign in, where the settings name one."""
    if not settings.oidc_issuer:
        return None
    from ethogram.protect.access.provider import Provider

    pairs = (each.partition("=") for each in settings.oidc_roles)
    return Provider(
        settings.oidc_name,
        settings.oidc_issuer,
        settings.oidc_client,
        _secrets(workspace).filled(settings.oidc_secret),
        settings.oidc_claim,
        {value.strip(): role.strip() for value, _, role in pairs},
    )


def turn(workspace: Workspace, project: str) -> Turn:
    """The turn to read ``project``. Raises `Busy` where another process does not let go."""
    return Turn(workspace.project(project) / "reading.lock")


def cleaning(workspace: Workspace, settings: Settings) -> Cleaning:
    """The steps that the settings ask for; files that they name lie beside ``ethogram.toml``."""

    def file(name: str) -> Path | None:
        return workspace.folder / name if name else None

    return steps.cleaning(
        steps.Options(
            settings.cleaning_off,
            settings.bots,
            settings.internal,
            settings.internal_traffic,
            file(settings.geoip),
            settings.geoip_detail,
            file(settings.currency_rates),
            settings.base_currency.upper(),
            settings.missing_values,
            settings.nobody_ids,
        )
    )


def reading(
    workspace: Workspace,
    project: str,
    writer: Writing | Path,
    settings: Settings,
    turn_: Turn | None = None,
    *,
    note: "Note | None" = None,
) -> "Reading":
    """The reading half of ``project``; ``note`` is of who changes what is saved.

    ``writer`` is the writing half where it is in this process, else the socket of the process
    that has it. Raises `Busy` where another process does not let go of lake and index; with
    ``turn_`` it is this one's already.
    """
    from ethogram.ask.sequences.index import Index
    from ethogram.people.policy import policy
    from ethogram.run.reading import Reading
    from ethogram.run.source import RemoteSource
    from ethogram.store.lake.tables import Lake

    folder = workspace.project(project)
    log = SqliteReader(folder / "log.sqlite")
    source = writer.log if isinstance(writer, Writing) else RemoteSource(log, writer, project)
    return Reading(
        folder,
        log,
        source,
        Lake(folder / "lake"),
        Index(folder / "index"),
        turn_ or turn(workspace, project),
        settings.threads or None,
        settings.question_seconds,
        _limits(settings),
        saved(workspace, project, note),
        policy(settings.identity),
    )


def looking(workspace: Workspace, project: str) -> "Looking":
    """The files of ``project`` for who only looks."""
    from ethogram.run.looking import Looking
    from ethogram.store.lake.tables import Lake

    folder = workspace.project(project)
    log = SqliteReader(folder / "log.sqlite")
    return Looking(folder, log, Lake(folder / "lake"), lambda: vault(workspace, project))


def consents(
    looking: "Looking",
    things: "SavedThings",
    show: "Callable[[str], Person]",
    append: "Callable[[Sequence[Consented]], object]",
    identity: "Callable[[], Identity]",
) -> "Consents":
    """What persons of a project allow; see there."""
    from ethogram.run.consents import Consents, records

    def read() -> "Table":
        return records(looking.log, looking.lake)

    return Consents(
        folder=looking.folder,
        saved=things,
        read=read,
        show=show,
        append=append,
        identity=identity,
        vault=looking.vault,
    )


def erasing(
    workspace: Workspace,
    project: str,
    reading: "Reading",
    kept: Vault,
    erase_entries: "EraseEntries",
    *,
    tidy: Instant | None,
) -> "Erasing":
    """What has the rooms of a project forget; see there for ``tidy``."""
    from ethogram.run.erasing import Erasing
    from ethogram.run.rooms import rooms

    opening = partial(vault, workspace, project)
    return Erasing(reading, kept, rooms(reading, opening, erase_entries), tidy)


def requests(
    workspace: Workspace,
    project: str,
    reading: "Reading",
    show: "Callable[[str], Person]",
    *,
    forget: "Callable[[Erasure], object]",
    erasing: "Erasing",
) -> "Requests":
    """What people may ask of what ``project`` keeps about them."""
    from ethogram.run.derived import derived
    from ethogram.run.looking import Looking
    from ethogram.run.requests import Requests

    files = Looking(reading.folder, reading.log, reading.lake, lambda: vault(workspace, project))
    return Requests(show, files, forget, erasing, partial(derived, reading))


def sealing(
    workspace: Workspace,
    project: str,
    writer: "KeyMaker",
    requests: "Requests",
    scanning: "Scanning",
) -> "Sealing":
    """What seals properties of ``project`` afterwards; ``writer`` has its log and vault."""
    from ethogram.run.sealing import Sealing

    return Sealing(scanning, lambda: vault(workspace, project), writer, requests)


def sources(
    workspace: Workspace,
    project: str,
    things: "SavedThings",
    *,
    target: "Target",
    keyring: Keyring,
    settle: Callable[[], object],
) -> "Sources":
    """The sources of ``project``, whose rows go to ``target``."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from ethogram.run.sourcing.means import Means
    from ethogram.run.sourcing.sources import Sources
    from ethogram.store.lake.lookups import Lookups

    folder = workspace.project(project)
    cipher = AESGCM(keyring.key("how far sources were read"))
    means = Means(target, Lookups(folder), _secrets(workspace), keyring.key("sources"), cipher)
    return Sources(things, folder, means, settle)


def exporter(
    workspace: Workspace,
    project: str,
    settings: Settings,
    ask: "Callable[[Said], Answer]",
    fresh: Callable[[], object],
    *,
    sending: "Callable[[], Sending]",
    note: "Note",
) -> "Exporter":
    """What sends tables and answers of ``project`` out; ``fresh`` brings the lake up to date.

    ``sending`` says who may be sent, ``note`` has it in the audit.
    """
    from ethogram.run.exporting import Exporter

    return Exporter(
        workspace.project(project),
        _limits(settings),
        _secrets(workspace),
        lambda: vault(workspace, project),
        ask,
        fresh,
        sending,
        note,
    )


def _secrets(workspace: Workspace) -> Secrets:
    beside = master.location(workspace.id)
    return Secrets(beside.with_name(f"{workspace.id}.secrets.toml"))


def _limits(settings: Settings) -> "Limits":
    """Those of SQL."""
    from ethogram.ask.sql.job import Limits

    threads = settings.threads or os.cpu_count() or 1
    return Limits(settings.sql_seconds, settings.sql_rows, settings.sql_memory, threads)


def saved(workspace: Workspace, project: str, note: "Note | None" = None) -> "SavedThings":
    """What is saved in ``project``; its database is opened when it is first looked at.

    ``note`` has each change in the audit.
    """
    from ethogram.run.saved import SavedThings

    def registry() -> "Registry":
        from ethogram.store.registry.sql import SqlRegistry

        return SqlRegistry(workspace.project(project) / "registry.sqlite")

    return SavedThings(registry, note)
