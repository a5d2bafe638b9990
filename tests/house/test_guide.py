"""The guide and the README speak of what is there."""

import re
from pathlib import Path

import msgspec
import pytest
import typer

from ethogram.events.event import Event

GUIDE = sorted((Path(__file__).parents[2] / "docs" / "guide").iterdir())
PAGES = ["README.md", "CONTRIBUTING.md", *(f"docs/guide/{page.name}" for page in GUIDE)]


@pytest.fixture
def pages(root: Path) -> dict[str, str]:
    """The text of each page."""
    return {name: (root / name).read_text() for name in PAGES}


def documents(pages: dict[str, str]) -> list[dict[str, object]]:
    """The JSON documents shown in fenced blocks and in shell commands."""
    fenced = [
        found for text in pages.values() for found in re.findall(r"```json\n(.*?)```", text, re.S)
    ]
    given = [found for text in pages.values() for found in re.findall(r"'(\{.*?\})'", text, re.S)]
    return [msgspec.json.decode(text) for text in [*fenced, *given]]


def is_kpi(found: dict[str, object]) -> bool:
    """Whether a document defines a KPI; an event's kind is another one."""
    from ethogram.ask.kpis.definition import KINDS

    return "formula" in found or found.get("kind") in KINDS


def test_every_page_of_the_guide_is_led_to(pages: dict[str, str]) -> None:
    """By the README, or by another page of the guide."""
    links = {Path(link).name for text in pages.values()
             for link in re.findall(r"\]\(([^)#:]+)\)", text)}  # fmt: skip
    assert {page.name for page in GUIDE} <= links


def test_every_link_leads_somewhere(root: Path, pages: dict[str, str]) -> None:
    """Links between pages name files that exist."""
    links = [
        (name, link)
        for name, text in pages.items()
        for link in re.findall(r"\]\(([^)#:]+)\)", text)
    ]
    assert links
    assert [at for at in links if not (root / at[0]).parent.joinpath(at[1]).exists()] == []


def is_trait(found: dict[str, object]) -> bool:
    """Whether a document defines a trait."""
    return "question" not in found and bool({"measure", "cohort", "kpi"} & found.keys())


def test_every_trait_shown_can_be_defined(pages: dict[str, str]) -> None:
    """The traits in the guide are accepted as they stand."""
    from ethogram.ask.traits.definition import trait_of

    shown = [found for found in documents(pages) if is_trait(found)]
    assert shown
    assert all(map(trait_of, shown))


def test_every_question_shown_can_be_asked(pages: dict[str, str]) -> None:
    """The specs in the guide are accepted as they stand, every question among them."""
    from ethogram.ask.questions.catalog import CATALOG, parse

    shown = [found for found in documents(pages) if "question" in found]
    assert {parse(spec).__struct_config__.tag for spec in shown} == set(CATALOG)


def test_every_kpi_shown_can_be_defined(pages: dict[str, str]) -> None:
    """The KPIs in the guide are accepted as they stand."""
    from ethogram.ask.kpis.definition import definition

    shown = [found for found in documents(pages) if is_kpi(found)]
    assert shown
    assert all(definition(found).expanded().of for found in shown)


def test_every_event_shown_can_be_sent(pages: dict[str, str]) -> None:
    """The events in the guide are accepted as they stand."""
    others = [found for found in documents(pages) if "question" not in found]
    rules = [found for found in others if "keep" in found or "hold" in found]
    defined = [found for found in others if is_kpi(found) or is_trait(found)]
    shown = [found for found in others if "event" in found and found not in defined]
    assert shown
    assert all(msgspec.convert(event, Event).event for event in shown if event not in rules)


def test_every_rule_and_purpose_shown_can_be_saved(pages: dict[str, str]) -> None:
    """Rules of retention and purposes are accepted as they stand."""
    from ethogram.protect.consent.purposes import purpose
    from ethogram.protect.retention import rule

    shown = documents(pages)
    assert all(rule(each) for each in shown if "keep" in each or "hold" in each)
    assert all(purpose(each).text for each in shown if "text" in each and "sharing" in each)


def test_commands_shown_and_commands_there_are_the_same(pages: dict[str, str]) -> None:
    """Every command is shown on a page, and no page shows one that is not there."""
    from ethogram.run.cli.app import app

    there = set(typer.main.get_command(app).commands)
    text = "\n".join(pages.values())
    assert set(re.findall(r"(?:^|`|\()ethogram ([a-z][a-z-]+)", text, re.M)) | {"demo"} == there
