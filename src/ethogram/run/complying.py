"""What a project's report on compliance is made of, gathered from all that knows of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from typing import NamedTuple

import msgspec
import numpy as np

from ethogram.ask.sequences.run import Part
from ethogram.events import plan as plans
from ethogram.events.erasure import Receipt
from ethogram.events.errors import EthogramError
from ethogram.events.plan import Plan
from ethogram.events.times import SECOND, iso, now
from ethogram.protect.access.accounts import members
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.roles import SMALLEST_GROUP
from ethogram.protect.access.trail import Line, Trail
from ethogram.protect.retention import RetentionRule, rule
from ethogram.protect.vault import Vault
from ethogram.run.assembly import needing
from ethogram.run.consents import Consents
from ethogram.run.erasing import Receipts
from ethogram.run.planned import plan_of
from ethogram.run.planning import sealed
from ethogram.run.reading import Reading
from ethogram.run.scanning import Scanning
from ethogram.run.settings import Settings
from ethogram.show.api.consents import PurposeTold
from ethogram.show.api.findings import Findings
from ethogram.show.reports.compliance.facts import (
    Erased,
    Facts,
    HeldProperty,
    Holder,
    Looked,
    Purpose,
    Rule,
)
from ethogram.show.reports.compliance.report import Report, report

ARCHIVE = "POST /api/person/archive"
ANY = "any event"
MOST_LOOKS = 200
"""So many kinds of looks are told of, the most frequent."""


class Allowing(NamedTuple):
    """What persons allow, what the settings say of it, and the purposes that something needs."""

    purposes: Sequence[PurposeTold]
    required: bool
    gpc: bool
    needed: Callable[[Plan], frozenset[str]]


def compliance(
    workspace: str, project: str, reading: Reading, vault: Vault, desk: Desk, *, allowing: Allowing
) -> Report:
    """The report on ``project`` of the ``workspace`` with this id, as of now."""
    living = _living(reading.persons.snapshot.parts)
    looks, archives = _looks(desk.trail, project)
    receipts, found = Receipts(reading.folder).all(), Scanning(reading).look()
    saved = [rule(each.body or {}) for each in reading.saved.list("retention")]
    needed = allowing.needed(plan_of(reading.folder))
    return report(
        Facts(
            workspace=workspace,
            project=project,
            version=version("ethogram"),
            made_at=iso(now()),
            events=living.events,
            people=living.people,
            first_event=living.first,
            last_event=living.last,
            ids=vault.count(),
            held=[*_held(reading, vault, found)],
            scanned=found.looked / found.position if found.position else 1.0,
            erasures=[_erased(each) for each in receipts if _is_erasure(each)],
            archives=archives,
            holders=[*_holders(desk, project)],
            smallest=SMALLEST_GROUP,
            looks=looks,
            audit=_audit(desk.trail, project),
            purposes=[*_purposes(allowing.purposes, needed)],
            consent_required=allowing.required,
            gpc_honoured=allowing.gpc,
            retention=[*_rules(saved)],
            holds=[each.hold for each in saved if each.hold is not None],
        )
    )


def _purposes(told: Sequence[PurposeTold], needed: frozenset[str]) -> Iterator[Purpose]:
    """Those that somebody was asked for, or could be, and those that something needs."""
    for each in told:
        if each.version or each.given or each.withdrawn or each.name in needed:
            numbers = each.given or 0, each.withdrawn or 0
            yield Purpose(each.name, each.version, *numbers, each.body.sharing,
                          each.name in needed)  # fmt: skip
    for name in sorted(needed - {each.name for each in told}):
        yield Purpose(name, 0, 0, 0, needed=True)


def _rules(saved: Sequence[RetentionRule]) -> Iterator[Rule]:
    for said in saved:
        if said.keep is None:
            continue
        events = f"events called {said.event}" if said.event else "all events"
        what = f"values of {said.property} in {events}" if said.property else events
        yield Rule("refused events" if said.letters else what, said.keep)


def allowing_of(consents: Consents, settings: Settings) -> Allowing:
    """See `Allowing`."""
    needs = needing(settings)
    return Allowing(
        consents.purposes(),
        settings.consent == "required",
        settings.gpc == "honour",
        lambda plan: needs(plan, {}).named,
    )


class _Living(NamedTuple):
    people: int
    events: int
    first: str | None
    last: str | None


def _living(parts: Sequence[Part]) -> _Living:
    """How many people and events can be seen, and when the first and the last event happened."""
    people, events, times = 0, 0, list[int]()
    for part in parts:
        alive = part.dead == 0
        run = part.run
        seconds = run.seconds[: run.events][np.repeat(alive, np.diff(run.offsets))]
        people += int(alive.sum())
        events += len(seconds)
        if len(seconds):
            times += [run.origin + int(end) for end in (seconds.min(), seconds.max())]
    first, last = (iso(f(times) * SECOND) if times else None for f in (min, max))
    return _Living(people, events, first, last)


def _held(reading: Reading, vault: Vault, found: Findings) -> Iterator[HeldProperty]:
    plan = plan_of(reading.folder)
    for name in sorted(plan.everywhere):
        yield HeldProperty(ANY, name, "plan", "sealed")
    for event, names in sorted(plan.personal.items()):
        yield from (HeldProperty(event, name, "plan", "sealed")
                    for name in sorted(names - plan.everywhere))  # fmt: skip
    for event, name in sorted(sealed(reading.log, reading.lake, vault)):
        if name not in plans.personal(plan, event):
            yield HeldProperty(event, name, "detector", "sealed")
    for each in found.findings:
        yield HeldProperty(ANY, each.property, "detector", "clear", each.kind, each.events)


def _is_erasure(receipt: Receipt) -> bool:
    """Whether somebody asked for it, and not for the last byte of what others had asked."""
    return receipt.erasure.hides or bool(receipt.erasure.nodes)


def _erased(receipt: Receipt) -> Erased:
    gone, erasure = receipt.purged_at, receipt.erasure
    return Erased(erasure.number, erasure.by, iso(erasure.at), iso(receipt.hidden_at),
                  None if gone is None else iso(gone))  # fmt: skip


def _holders(desk: Desk, project: str) -> Iterator[Holder]:
    found = members(desk, project)
    with desk.database.reading() as connection:
        roles = {each.role: desk.role(connection, project, each.role) for each in found}
    for each in found:
        role = roles[each.role]
        permissions = [*role.permissions] if role else []
        yield Holder(each.email, each.role, permissions, each.second_factor)


def _looks(trail: Trail, project: str) -> tuple[list[Looked], int]:
    """What was done by whom, the most frequent first; how many archives of a person were made."""
    counts, last = Counter[tuple[str, str]](), dict[tuple[str, str], str]()
    for each in trail.lines(project):
        line = msgspec.json.decode(each.entry, type=Line)
        counts[line.who, line.did] += 1
        last[line.who, line.did] = line.at
    archives = sum(times for (_, did), times in counts.items() if did == ARCHIVE)
    looks = [Looked(*key, times, last[key]) for key, times in counts.most_common(MOST_LOOKS)]
    return looks, archives


def _audit(trail: Trail, project: str) -> int | str:
    try:
        return trail.verify(project)
    except EthogramError as error:
        return str(error)
