"""The report: the facts, and every control beside them."""

import msgspec

from ethogram.show.reports.compliance import ccpa, gdpr, hipaa
from ethogram.show.reports.compliance.control import Judged, judged
from ethogram.show.reports.compliance.facts import Facts


class Report(msgspec.Struct, frozen=True):
    """The state of compliance of a project."""

    facts: Facts
    controls: list[Judged]


def report(facts: Facts) -> Report:
    """``facts``, judged by each law's controls."""
    every = (*gdpr.CONTROLS, *ccpa.CONTROLS, *hipaa.CONTROLS)
    return Report(facts, [judged(control, facts) for control in every])
