"""How the numbers of each question hang together. What has no rule here is told only whole."""

from collections.abc import Mapping
from typing import Any

from ethogram.ask.telling import funnel, lifecycle, meeting, moves, retention, spreading, trends
from ethogram.ask.telling.told import Rule

RULES: Mapping[str, Rule[Any]] = {
    "correlation": meeting.CORRELATION,
    "distribution": spreading.DISTRIBUTION,
    "funnel": funnel.RULE,
    "heatmap": meeting.HEATMAP,
    # Whoever may list people sees them one by one: nothing of it is a number.
    "journey": Rule(lambda *_: None),
    "lifecycle": lifecycle.RULE,
    "paths": moves.PATHS,
    "retention": retention.RULE,
    "rfm": spreading.RFM,
    "segments": meeting.SEGMENTS,
    "states": moves.STATES,
    "stickiness": spreading.STICKINESS,
    "trends": trends.RULE,
}
"""`sessions` says nowhere how many people its sessions are of."""
