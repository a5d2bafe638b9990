"""The report as one HTML file that prints: no script, nothing from elsewhere."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

# Written with it, never read.
from xml.etree.ElementTree import Element, SubElement, tostring  # nosec B405

import msgspec

from ethogram.show.reports.compliance.control import Judged
from ethogram.show.reports.compliance.facts import Facts
from ethogram.show.reports.compliance.report import Report

STYLE = """
body { font: 10.5pt/1.5 system-ui, sans-serif; color: #1c1d21; max-width: 60rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 18pt; } h2 { font-size: 13pt; margin-top: 2rem; break-after: avoid; }
table { border-collapse: collapse; width: 100%; font-size: 9pt; }
th, td { text-align: start; vertical-align: top; padding: .3rem .6rem .3rem 0;
         border-bottom: 1px solid #dcdee3; overflow-wrap: anywhere; }
thead { display: table-header-group; } tr { break-inside: avoid; }
.met { color: #00613f; } .open { color: #9a1b00; font-weight: 600; } .partly { color: #7a4b00; }
.note { color: #5c5f66; }
"""
STATES = ("met", "partly", "open", "yours")
"""`control.State`."""


def page(report: Report) -> str:
    """``report`` as HTML."""
    facts = report.facts
    html = Element("html", lang="en")
    head, body = SubElement(html, "head"), SubElement(html, "body")
    SubElement(head, "meta", charset="utf-8")
    _text(head, "title", f"State of compliance: {facts.project}, {facts.made_at[:10]}")
    _text(head, "style", STYLE)
    _text(body, "h1", "State of compliance")
    _text(body, "p", _about(facts))
    _text(body, "p", "It says what this installation holds and does. It is no legal advice, and "
          "does not know what is agreed or done outside of it: what only the organisation "
          "can answer is “yours”.", "note")  # fmt: skip
    _summary(body, report.controls)
    for law in dict.fromkeys(each.law for each in report.controls):
        _controls(body, law, [each for each in report.controls if each.law == law])
    _records(body, "Personal data that is held", facts.held)
    _records(body, "What people were asked", facts.purposes)
    _records(body, "How long it is kept", facts.retention)
    _records(body, "What was erased", facts.erasures)
    _records(body, "Who may look", facts.holders)
    _records(body, "Who looked, and what was done", facts.looks)
    return "<!doctype html>\n" + tostring(html, "unicode", method="html") + "\n"


def _about(facts: Facts) -> str:
    span = f" between {facts.first_event} and {facts.last_event}" if facts.first_event else ""
    return (f"Project {facts.project} of the workspace {facts.workspace}, as of {facts.made_at}, "
            f"by Ethogram {facts.version}. It holds {facts.events:,} events of {facts.people:,} "
            f"people{span}; the vault knows {facts.ids:,} ids from outside.")  # fmt: skip


def _summary(body: Element, controls: Sequence[Judged]) -> None:
    _text(body, "h2", "In short")
    laws = dict.fromkeys(each.law for each in controls)
    counts = {law: Counter(each.state for each in controls if each.law == law) for law in laws}
    rows = [[law, *(str(counts[law][state]) for state in STATES)] for law in laws]
    _table(body, ["law", *STATES], rows)


def _controls(body: Element, law: str, controls: Iterable[Judged]) -> None:
    _text(body, "h2", law)
    table = _table(body, ["where", "what it asks", "state", "evidence"], [])
    rows = SubElement(table, "tbody")
    for each in controls:
        row = SubElement(rows, "tr")
        _text(row, "td", each.place)
        _text(row, "td", each.asks)
        _text(row, "td", each.state, each.state)
        _text(row, "td", each.evidence)


def _records(body: Element, title: str, records: Sequence[msgspec.Struct]) -> None:
    _text(body, "h2", title)
    if not records:
        _text(body, "p", "Nothing.", "note")
        return
    told: list[dict[str, Any]] = [msgspec.to_builtins(each) for each in records]
    _table(body, [name.replace("_", " ") for name in told[0]],
           [[_said(value) for value in each.values()] for each in told])  # fmt: skip


def _table(body: Element, names: Sequence[str], rows: Iterable[Sequence[str]]) -> Element:
    table = SubElement(body, "table")
    head = SubElement(SubElement(table, "thead"), "tr")
    for name in names:
        _text(head, "th", name)
    for row in rows:
        line = SubElement(table, "tr")
        for cell in row:
            _text(line, "td", cell)
    return table


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _text(parent: Element, tag: str, text: str, kind: str = "") -> None:
    made = SubElement(parent, tag, {"class": kind} if kind else {})
    made.text = text
