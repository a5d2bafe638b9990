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
    from ethogram.ask.questions.distribution import Distribution
    from ethogram.ask.questions.funnel import Funnel
    from ethogram.ask.questions.heatmap import Heatmap
    from ethogram.ask.questions.journey import Journey
    from ethogram.ask.questions.lifecycle import Lifecycle
    from ethogram.ask.questions.retention import Retention
    from ethogram.ask.questions.rfm import Rfm
    from ethogram.ask.questions.sessions import Sessions
    from ethogram.ask.questions.stickiness import Stickiness
    from ethogram.ask.questions.trends import Trends
    from ethogram.run.opening import open_ as open

__all__ = [
    "Answer",
    "Distribution",
    "Event",
    "Funnel",
    "Heatmap",
    "Journey",
    "Lifecycle",
    "Retention",
    "Rfm",
    "Sessions",
    "Stickiness",
    "Trends",
    "open",
    "prop",
]

_WHERE = {
    "Answer": ("ethogram.ask.questions.answer", "Answer"),
    "Distribution": ("ethogram.ask.questions.distribution", "Distribution"),
    "Funnel": ("ethogram.ask.questions.funnel", "Funnel"),
    "Heatmap": ("ethogram.ask.questions.heatmap", "Heatmap"),
    "Journey": ("ethogram.ask.questions.journey", "Journey"),
    "Lifecycle": ("ethogram.ask.questions.lifecycle", "Lifecycle"),
    "Retention": ("ethogram.ask.questions.retention", "Retention"),
    "Rfm": ("ethogram.ask.questions.rfm", "Rfm"),
    "Sessions": ("ethogram.ask.questions.sessions", "Sessions"),
    "Stickiness": ("ethogram.ask.questions.stickiness", "Stickiness"),
    "Trends": ("ethogram.ask.questions.trends", "Trends"),
    "open": ("ethogram.run.opening", "open_"),
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
