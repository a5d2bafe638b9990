"""The report on compliance says what the facts are, and nothing better."""

import re

import pytest
from msgspec.structs import replace

from ethogram.show.reports.compliance.facts import (
    Erased,
    Facts,
    HeldProperty,
    Holder,
    Purpose,
    Rule,
)
from ethogram.show.reports.compliance.page import page
from ethogram.show.reports.compliance.report import report

SHARED = Purpose("marketing", 1, 2, 1, sharing=True, needed=True)
ALL_WELL = Facts(
    workspace="w", project="p", version="1", made_at="2026-03-01T00:00:00Z", events=5, people=2,
    first_event=None, last_event=None, ids=2, held=[HeldProperty("cart", "note", "plan", "sealed")],
    erasures=[Erased("7", "zoe", "2026-02-27T00:00:00Z", "2026-02-27T00:00:01Z", None)],
    archives=1, holders=[Holder("zoe@shop.eu", "admin", ["ask"], True)], smallest=10, looks=[],
    audit=3, purposes=[SHARED], consent_required=True, gpc_honoured=True,
    retention=[Rule("all events", "400d")],
)  # fmt: skip
SIGNALS = "1798.120, .135; 11 CCR 7025"
WORSE = {
    ("GDPR", "Art. 5(1)(c)", "open"): {"held": [HeldProperty("cart", "note", "detector", "clear")]},
    ("GDPR", "Art. 5(1)(e)", "open"): {"retention": []},
    ("GDPR", "Art. 5(1)(e)", "partly"): {"holds": ["2020-01-01"]},
    ("GDPR", "Art. 6, 7", "partly"): {"consent_required": False},
    ("GDPR", "Art. 7(3), 21", "partly"): {"purposes": [replace(SHARED, needed=False)]},
    ("GDPR", "Art. 17, 12(3)", "open"): {"made_at": "2026-04-01T00:00:00Z"},
    ("GDPR", "Art. 25", "partly"): {"smallest": 1},
    ("GDPR", "Art. 30", "open"): {"audit": "A line is missing."},
    ("GDPR", "Art. 32", "partly"): {"holders": [Holder("zoe@shop.eu", "admin", ["ask"], False)]},
    ("CCPA/CPRA", "1798.105", "open"): {"made_at": "2026-05-01T00:00:00Z"},
    ("CCPA/CPRA", SIGNALS, "open"): {"gpc_honoured": False},
    ("CCPA/CPRA", SIGNALS, "open", "by default"): {"purposes": [replace(SHARED, sharing=False)]},
    ("CCPA/CPRA", SIGNALS, "partly"): {"purposes": [replace(SHARED, needed=False)]},
    ("HIPAA 164.514(b)(2)", "(F)", "partly"): {"scanned": 0.1},
    ("HIPAA 164.514(b)(2)", "(F)", "open"): {
        "held": [HeldProperty("cart", "to", "detector", "clear", kind="email")]
    },
    ("HIPAA 164.514(b)(2)", "(O)", "partly"): {
        "held": [HeldProperty("page", "client_ip", "detector", "sealed")]
    },
}


def _states(facts: Facts) -> dict[tuple[str, str], str]:
    return {(each.law, each.place): each.state for each in report(facts).controls}


@pytest.mark.parametrize("case", WORSE, ids=lambda case: " ".join(case[1:]))
def test_what_falls_short_is_said(case: tuple[str, ...]) -> None:
    """The control that a fact is about, met before, is met no longer."""
    law, place, state, *_ = case
    changed = replace(ALL_WELL, **WORSE[case])
    assert _states(ALL_WELL)[law, place] == "met"
    assert _states(changed)[law, place] == state


def test_every_identifier_of_safe_harbor_is_judged() -> None:
    """All eighteen; the time of an event is one of them, and is kept."""
    states = _states(ALL_WELL)
    places = [place for law, place in states if law.startswith("HIPAA")]
    assert places == [f"({letter})" for letter in "ABCDEFGHIJKLMNOPQR"]
    assert states["HIPAA 164.514(b)(2)", "(C)"] == "open"


def test_what_no_software_can_know_is_the_organisations() -> None:
    """Notices, transfers and what no detector looks for are never called met."""
    states = _states(ALL_WELL)
    for law, place in (("GDPR", "Art. 13, 14"), ("GDPR", "Art. 44–49"), ("CCPA/CPRA", "1798.125"),
                       ("HIPAA 164.514(b)(2)", "(H)")):  # fmt: skip
        assert states[law, place] == "yours"


def test_the_page_runs_nothing() -> None:
    """Names from outside are text in it, and nothing is loaded from anywhere."""
    hostile = HeldProperty("<script>alert(1)</script>", '"><img src=x>', "plan", "clear")
    made = page(report(replace(ALL_WELL, held=[hostile])))
    assert "<script" not in made
    assert "&lt;script&gt;" in made
    assert "<img" not in made
    assert not re.search(r"(src|href)\s*=", made.replace("&lt;img src=x&gt;", ""))
