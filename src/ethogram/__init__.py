"""Behavioural analytics, whole, in one Python package.

>>> import ethogram as eg
>>> eg.Event("cart", user_id="7", properties={"price": 20}).event
'cart'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ethogram.events.event import Event
from ethogram.events.predicate import prop

if TYPE_CHECKING:
    from ethogram.ask.questions.answer import Answer
    from ethogram.ask.questions.cohort import Cohort
    from ethogram.ask.questions.correlation import Correlation
    from ethogram.ask.questions.distribution import Distribution
    from ethogram.ask.questions.funnel import Funnel
    from ethogram.ask.questions.heatmap import Heatmap
    from ethogram.ask.questions.journey import Journey
    from ethogram.ask.questions.lifecycle import Lifecycle
    from ethogram.ask.questions.paths import Paths
    from ethogram.ask.questions.retention import Retention
    from ethogram.ask.questions.rfm import Rfm
    from ethogram.ask.questions.segments import Segment, Segments
    from ethogram.ask.questions.sessions import Sessions
    from ethogram.ask.questions.split import Split
    from ethogram.ask.questions.states import States
    from ethogram.ask.questions.stickiness import Stickiness
    from ethogram.ask.questions.trends import Trends
    from ethogram.run.opening import open_ as open
    from ethogram.send.aio import AsyncClient
    from ethogram.send.client import connect
    from ethogram.send.domain import domain_event
    from ethogram.send.notifications import Notifications

__all__ = [
    "Answer",
    "AsyncClient",
    "Cohort",
    "Correlation",
    "Distribution",
    "Event",
    "Funnel",
    "Heatmap",
    "Journey",
    "Lifecycle",
    "Notifications",
    "Paths",
    "Retention",
    "Rfm",
    "Segment",
    "Segments",
    "Sessions",
    "Split",
    "States",
    "Stickiness",
    "Trends",
    "connect",
    "domain_event",
    "open",
    "prop",
]

_WHERE = {
    "Answer": ("ethogram.ask.questions.answer", "Answer"),
    "Distribution": ("ethogram.ask.questions.distribution", "Distribution"),
    "Cohort": ("ethogram.ask.questions.cohort", "Cohort"),
    "Correlation": ("ethogram.ask.questions.correlation", "Correlation"),
    "Funnel": ("ethogram.ask.questions.funnel", "Funnel"),
    "Heatmap": ("ethogram.ask.questions.heatmap", "Heatmap"),
    "Journey": ("ethogram.ask.questions.journey", "Journey"),
    "Lifecycle": ("ethogram.ask.questions.lifecycle", "Lifecycle"),
    "Retention": ("ethogram.ask.questions.retention", "Retention"),
    "Rfm": ("ethogram.ask.questions.rfm", "Rfm"),
    "Sessions": ("ethogram.ask.questions.sessions", "Sessions"),
    "Stickiness": ("ethogram.ask.questions.stickiness", "Stickiness"),
    "Paths": ("ethogram.ask.questions.paths", "Paths"),
    "States": ("ethogram.ask.questions.states", "States"),
    "Segment": ("ethogram.ask.questions.segments", "Segment"),
    "Segments": ("ethogram.ask.questions.segments", "Segments"),
    "Split": ("ethogram.ask.questions.split", "Split"),
    "Trends": ("ethogram.ask.questions.trends", "Trends"),
    "open": ("ethogram.run.opening", "open_"),
    "AsyncClient": ("ethogram.send.aio", "AsyncClient"),
    "connect": ("ethogram.send.client", "connect"),
    "domain_event": ("ethogram.send.domain", "domain_event"),
    "Notifications": ("ethogram.send.notifications", "Notifications"),
}


def __getattr__(name: str) -> Any:
    """Import what is heavy when it is first used."""
    if name not in _WHERE:
        raise AttributeError(f"module 'ethogram' has no attribute {name!r}")
    module, attribute = _WHERE[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    """Every public name, what is not imported yet too."""
    return sorted({*globals(), *__all__})
