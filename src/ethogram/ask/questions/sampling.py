"""Answers from a sample of the people: counts as they are of all, and how far they may be off."""

import math
from typing import Any

RULES = {
    "sample": "always the same share of the people; counts and sums are divided by it, each "
    "rounded by itself, and shares, means, extremes, percentiles, scores, the edges of histograms "
    "and distinct values are the sample's own; the people behind a number are those of the sample",
    "margin": "1.96·√((1 − share) / share): in 95 of 100 samples a count of people N is off by at "
    "most margin·√N; totals, sums and numbers of sessions, of which one person may have many, can "
    "be off by more",
}


def noted(share: float, people: int) -> dict[str, float]:
    """What an answer says of its sample: the share, the people looked at, and the margin."""
    margin = 1.96 * math.sqrt((1 - share) / share)
    return {"share": share, "people": people, "margin": round(margin, 4)}


def scaled(found: Any, counted: frozenset[str], share: float) -> Any:
    """``found`` with the numbers that are called one of ``counted`` divided by ``share``.

    Whole numbers stay whole. What lies in ``by`` are values, whatever they are called.
    """
    if isinstance(found, dict):
        fields: dict[str, Any] = found
        return {
            name: inner if name == "by"
            else enlarged(inner, share) if name in counted and not isinstance(inner, dict)
            else scaled(inner, counted, share)
            for name, inner in fields.items()
        }  # fmt: skip
    if isinstance(found, list):
        return [scaled(inner, counted, share) for inner in found]
    return found


def enlarged(count: Any, share: float) -> Any:
    """A count, or a list of counts, of a sample, as of all; None stays None."""
    if isinstance(count, list):
        return [enlarged(each, share) for each in count]
    if count is None:
        return None
    return round(count / share) if isinstance(count, int) else count / share
