"""Regulation (EU) 2016/679: the articles that an analytics installation answers for.

Source: https://eur-lex.europa.eu/eli/reg/2016/679/oj
"""

from datetime import datetime, timedelta

from ethogram.show.reports.compliance.control import Control, Finding, counted, yours
from ethogram.show.reports.compliance.facts import Erased, Facts

MONTH = timedelta(days=30)
"""Article 12(3): without undue delay, and within one month."""


def minimised(facts: Facts) -> Finding:
    """Nothing personal stands in the clear."""
    clear = [each for each in facts.held if each.keeping == "clear"]
    if not clear:
        said = "No property that is known to be personal is readable without its key."
        if facts.scanned < 1:
            return "partly", f"{said} Detectors looked through {facts.scanned:.0%} of the events."
        return "met", said
    names = ", ".join(sorted({f"{each.event}.{each.property}" for each in clear})[:10])
    return "open", f"{counted(len(clear), 'property')} found personal and not sealed: {names}."


def limited(facts: Facts) -> Finding:
    """Something says how long events are kept."""
    if not facts.retention:
        return "open", "No retention rule is set: everything is kept until it is erased."
    said = "; ".join(f"{rule.what} for {rule.keep}" for rule in facts.retention)
    if facts.holds:
        return "partly", f"{said}. Held: all that happened from {min(facts.holds)} on."
    return ("met" if any(rule.what == "all events" for rule in facts.retention) else "partly"), said


def consented(facts: Facts) -> Finding:
    """Consent is asked for, versioned, and can be shown."""
    if not facts.purposes:
        return "yours", "No purpose is recorded here; another basis of Article 6 must hold."
    said = ", ".join(f"{each.name} v{each.version} {each.given:,}" for each in facts.purposes)
    required = "is required at the door" if facts.consent_required else "is not required"
    return ("met" if facts.consent_required else "partly"), f"Given: {said}. Consent {required}."


def withdrawable(facts: Facts) -> Finding:
    """Who gave may take back."""
    if not facts.purposes:
        return "yours", "No purpose is recorded here."
    said = f"{counted(sum(each.withdrawn for each in facts.purposes), 'withdrawal')} recorded"
    if not any(each.needed for each in facts.purposes):
        return "partly", f"{said}. No event needs a purpose: only exports that name one heed them."
    return "met", f"{said}; they hold at the door, and for exports that name a purpose."


def accessible(facts: Facts) -> Finding:
    """All that is kept about a person is one archive."""
    return "met", f"One command or page makes it; {counted(facts.archives, 'archive')} so far."


def erased(facts: Facts) -> Finding:
    """What was asked to go is gone, in time."""
    late = [each.number for each in facts.erasures if _took(each, facts.made_at) > MONTH]
    waiting = sum(each.purged_at is None for each in facts.erasures)
    said = f"{counted(len(facts.erasures), 'erasure')}, hidden at once; {waiting} not purged yet."
    if late:
        return "open", f"{said} More than a month old: {', '.join(late)}."
    return "met", said


def by_default(facts: Facts) -> Finding:
    """Ids are pseudonyms, values are sealed, and small groups are not told of."""
    if facts.smallest < 2:
        return "partly", "Ids are pseudonyms; groups of one person are told of by default."
    return "met", f"Ids are pseudonyms, and groups below {facts.smallest} people are not told of."


def recorded(facts: Facts) -> Finding:
    """What is done with personal data is written down."""
    if isinstance(facts.audit, str):
        return "open", f"The audit does not verify: {facts.audit}"
    return "met", f"This document; an audit of {counted(facts.audit, 'line')}, chain verified."


def secured(facts: Facts) -> Finding:
    """Encryption, roles, a second factor."""
    said = "AES-256-GCM under a key of each person; roles; server-side sessions. "
    without = [each.email for each in facts.holders if not each.second_factor]
    if not facts.holders:
        return "partly", said + "Nobody has an account: the machine's owner sees all."
    if without:
        return "partly", said + f"Without a second factor: {counted(len(without), 'account')}."
    return "met", said + "Every account has a second factor."


def _took(erasure: Erased, now: str) -> timedelta:
    until = datetime.fromisoformat(erasure.purged_at or now)
    return until - datetime.fromisoformat(erasure.asked_at)


LAW = "GDPR"
CONTROLS = (
    Control(LAW, "Art. 5(1)(c)", "Only data that is needed, and no more", minimised),
    Control(LAW, "Art. 5(1)(e)", "Kept no longer than needed", limited),
    Control(LAW, "Art. 6, 7", "A lawful basis; consent that can be shown", consented),
    Control(LAW, "Art. 7(3), 21", "Consent is withdrawn as easily as given", withdrawable),
    Control(LAW, "Art. 13, 14", "People are told", yours("A privacy notice on your pages.")),
    Control(LAW, "Art. 15, 20", "A copy of the data, in a format machines read", accessible),
    Control(LAW, "Art. 16", "Wrong data is put right",
            yours("Send the right value; profiles keep their history, merges can be undone.")),
    Control(LAW, "Art. 17, 12(3)", "Erased without delay, within a month", erased),
    Control(LAW, "Art. 25", "Protection by design and by default", by_default),
    Control(LAW, "Art. 30", "Records of processing", recorded),
    Control(LAW, "Art. 32", "Security that fits the risk", secured),
    Control(LAW, "Art. 33, 34", "Breaches are told of within 72 hours",
            yours("The audit says who looked at what; deciding and telling is yours.")),
    Control(LAW, "Art. 35", "An impact assessment where the risk is high",
            yours("This document is a part of it.")),
    Control(LAW, "Art. 44–49", "Transfers to other countries",
            yours("Nothing leaves but by exports; receipts of erasures name where they went.")),
)  # fmt: skip
