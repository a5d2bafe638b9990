"""What else knows of some people than the events: cohorts they are in, exports they may be in.

A cohort holds nobody, it is worked out anew each time; what was exported is elsewhere.
"""

from collections.abc import Sequence

from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.segments import MOST, Segment, Segments
from ethogram.run.reading import Reading
from ethogram.show.exports.sent import exports


def derived(reading: Reading, nodes: Sequence[int]) -> list[str]:
    """In words: which saved cohorts have a person with one of ``nodes`` now, where exports went."""
    sent = [f"export of {each.what} to {each.to}" for each in exports(reading.folder)]
    return [*(f"cohort {name}" for name in _cohorts(reading, nodes)), *sent]


def _cohorts(reading: Reading, nodes: Sequence[int]) -> list[str]:
    identity = reading.people.identity
    persons = Cohort(ids=tuple(sorted({str(identity.person(node)) for node in nodes})))
    names = [each.name for each in reading.saved.list("cohort")]
    found: list[str] = []
    for start in range(0, len(names), MOST):
        asked = [Segment(name, Cohort(all=(Cohort(saved=name), persons)))
                 for name in names[start : start + MOST]]  # fmt: skip
        answer = reading.ask(Segments(tuple(asked)), cache=False)
        found += [each["name"] for each in answer.results["segments"] if each["people"]]
    return found
