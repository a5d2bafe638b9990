"""California's CCPA as amended by the CPRA (Cal. Civ. Code 1798.100–1798.199.100) and its rules.

Source: https://cppa.ca.gov/regulations/ (California Code of Regulations, title 11, 7000 on).
"""

from datetime import datetime, timedelta

from ethogram.show.reports.compliance import gdpr
from ethogram.show.reports.compliance.control import Control, Finding, yours
from ethogram.show.reports.compliance.facts import Facts

ANSWERED = timedelta(days=45)
"""1798.130(a)(2): requests are answered within 45 days."""


def opted_out(facts: Facts) -> Finding:
    """Signals of browsers count as a request not to sell or share (11 CCR 7025)."""
    if not facts.gpc_honoured:
        return "open", "Global Privacy Control is not honoured."
    shared = [each for each in facts.purposes if each.sharing]
    if not shared:
        return "open", "Sec-GPC: 1 is honoured, but no purpose is sharing: it withdraws nothing."
    said = f"Sec-GPC: 1 withdraws {', '.join(each.name for each in shared)} at every door."
    loose = [each.name for each in shared if not each.needed]
    if loose:
        return "partly", f"{said} Only exports that name it heed it for: {', '.join(loose)}."
    return "met", f"{said} /.well-known/gpc.json says so."


def deleted(facts: Facts) -> Finding:
    """As asked for, within 45 days."""
    made = datetime.fromisoformat(facts.made_at)
    late = [each.number for each in facts.erasures
            if datetime.fromisoformat(each.purged_at or facts.made_at)
            - datetime.fromisoformat(each.asked_at) > ANSWERED]  # fmt: skip
    if late:
        return "open", f"Not gone after 45 days, on {made.date()}: {', '.join(late)}."
    return gdpr.erased(facts) if not facts.erasures else ("met", gdpr.erased(facts)[1])


LAW = "CCPA/CPRA"
CONTROLS = (
    Control(LAW, "1798.100(a)", "Notice at collection", yours("A notice on your pages.")),
    Control(LAW, "1798.100(c)", "Necessary and proportionate", gdpr.minimised),
    Control(LAW, "1798.100(a)(3)", "How long each category is kept", gdpr.limited),
    Control(LAW, "1798.105", "Deletion on request", deleted),
    Control(LAW, "1798.106", "Correction on request",
            yours("Send the right value; profiles keep their history.")),
    Control(LAW, "1798.110, .130", "Access in a portable form", gdpr.accessible),
    Control(LAW, "1798.120, .135; 11 CCR 7025", "Opting out of sale and sharing, by signal too",
            opted_out),
    Control(LAW, "1798.121", "Limits on sensitive data", gdpr.minimised),
    Control(LAW, "1798.125", "Nobody is treated worse for it", yours("Your offers decide that.")),
    Control(LAW, "11 CCR 7101", "Records of requests, for 24 months", gdpr.recorded),
    Control(LAW, "1798.100(e)", "Reasonable security", gdpr.secured),
)  # fmt: skip
