"""A gate: what the collector has of one project, and who may use it.

A request carries the project's write or read key. One that comes through the workspace's own
socket, which only its owner can open, carries none and names the project in a header.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ethogram.collect.allowance import Allowance
from ethogram.collect.commits import Commits
from ethogram.events.errors import NotFound, Refused, nearest
from ethogram.protect.erasures import Unseen
from ethogram.protect.keyring import Keyring, Scope
from ethogram.store.log.port import LogReader

LOCAL_PROJECT = "x-ethogram-project"


@dataclass(frozen=True)
class Gate:
    """One project: its keys, its commits, its log as a reader sees it, what it may send.

    ``unseen`` gives what of the log was erased; ``moving`` is held while a consumer's cursor is
    moved.
    """

    name: str
    keyring: Keyring
    commits: Commits
    reader: LogReader
    allowance: Allowance
    unseen: Callable[[], Unseen] = Unseen
    moving: asyncio.Lock = field(default_factory=asyncio.Lock)


def find(
    gates: Mapping[str, Gate],
    key: str | None,
    scope: Scope,
    *,
    local: str | None = None,
    unserved: Mapping[str, Keyring],
) -> Gate:
    """The gate that ``key`` opens for ``scope``, or the one ``local`` names.

    Raises `Refused`, and `NotFound` for a project that does not exist. Who holds a key of an
    ``unserved`` project is told so; of any other key nothing is told.
    """
    if local is not None:
        if local not in gates:
            raise NotFound("unknown_project", f"There is no project {local!r}.",
                           at=LOCAL_PROJECT, hint=nearest(local, gates))  # fmt: skip
        return gates[local]
    for gate in gates.values():
        if key and gate.keyring.permits(key, scope):
            return gate
    for name, keyring in unserved.items():
        if key and keyring.permits(key, scope):
            raise Refused(
                "not_served",
                f"This key is of the project {name!r}, which this server does not serve.",
                at="authorization",
                hint=f"Commands with `--project {name}` write to it and ask it beside the server.",
            )
    raise Refused(
        "unknown_key" if key else "no_key",
        f"This key may not {scope} here." if key else f"The request carries no {scope} key.",
        at="authorization",
        hint=f"Send `Authorization: Bearer KEY`; `ethogram keys` prints the {scope} key.",
    )
