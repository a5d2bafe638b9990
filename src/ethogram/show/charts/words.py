"""Numbers, lengths and groups as people read them."""

import re
from decimal import ROUND_HALF_UP, Decimal

from ethogram.show.charts.answers import Asked, By, Hidden, Noised, Sample, TrendSeries

SMALL = 30
"""Below this many people a share says little: its standard error is above 9 points at one half."""
DRAWN = 8
"""As many groups as there are colours that a colour-blind person can tell apart."""

_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}

_SECONDS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}


def number(value: float) -> str:
    """With thousands, and at most two decimals.

    >>> number(12345), number(0.5), number(2.0)
    ('12,345', '0.5', '2')
    """
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def share(value: float | None) -> str:
    """A share between 0 and 1 as a percentage, rounded as the site's tables round.

    >>> share(0.1234), share(0.9085), share(None), share(0.0001)
    ('12.3%', '90.9%', 'unknown', '<0.1%')
    """
    if value is None:
        return "unknown"
    if 0 < value < 0.001:
        return "<0.1%"
    percent = (100 * Decimal(str(value))).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return str(percent).removesuffix(".0") + "%"


def change(now: float, before: float | None) -> str:
    """How a number compares with one of before; nothing where that was none.

    >>> change(120, 100), change(50, 100), change(7, 7), change(1, 0)
    ('20% more than', '50% less than', 'as many as', '')
    """
    if before is None or before <= 0:
        return ""
    grown = now / before - 1
    if not round(grown, 3):
        return "as many as"
    return f"{share(abs(grown))} {'more' if grown > 0 else 'less'} than"


def signed(now: float, before: float | None) -> str:
    """The same as a percentage with its sign.

    >>> signed(120, 100), signed(50, 100), signed(7, 7), signed(1, 0)
    ('+20%', '−50%', '±0%', '')
    """
    if before is None or before <= 0:
        return ""
    grown = round(now / before - 1, 3)
    sign = "±" if not grown else "+" if grown > 0 else "−"
    return sign + share(abs(grown))


def counted(count: float, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "day"), counted(2, "day")
    ('1 day', '2 days')
    """
    return f"{number(count)} {noun}" + ("" if count == 1 else "s")


def people(count: int | None) -> str:
    """A number of people.

    >>> people(1), people(1200), people(None)
    ('1 person', '1,200 people', 'a hidden number of people')
    """
    if count is None:
        return "a hidden number of people"
    return f"{count:,} {'person' if count == 1 else 'people'}"


def told(count: int | None) -> str:
    """A count, where it is told.

    >>> told(1200), told(None)
    ('1,200', 'hidden')
    """
    return "hidden" if count is None else f"{count:,}"


def units(count: int, asked: Asked) -> str:
    """A number of what a question counts.

    >>> units(2, Asked(unit="session")), units(1, Asked(count="attempts"))
    ('2 sessions', '1 attempt')
    """
    if asked.count == "attempts":
        return counted(count, "attempt")
    unit = asked.unit.removeprefix("group:")
    return people(count) if unit == "person" else counted(count, unit)


def length(duration: str) -> str:
    """A duration of a spec in words; one that is not known stays as it is.

    >>> length("7d"), length("1h")
    ('7 days', '1 hour')
    """
    found = re.fullmatch(r"([\d.]+)\s*([smhdw])", duration)
    return counted(float(found[1]), _UNITS[found[2]]) if found else duration


def lasting(seconds: float) -> str:
    """A length of time in the unit that suits it.

    >>> lasting(45), lasting(5400), lasting(0.5)
    ('45 seconds', '1.5 hours', '0.5 seconds')
    """
    unit, size = next(
        ((unit, size) for unit, size in _SECONDS.items() if seconds >= size), ("second", 1)
    )
    return counted(round(seconds / size, 2), unit)


def group(by: By) -> str:
    """The values that a group shares; a missing one is said to be, and one that is null.

    >>> group({"country": "DE", "plan": None}), group({"plan": None, "plan.is_null": True})
    ('DE, no plan', 'plan null')
    """
    nulls = {f"{name}.is_null" for name, value in by.items() if value is None} & by.keys()
    return ", ".join(
        f"{name} null" if f"{name}.is_null" in nulls else f"no {name}" if value is None
        else str(value)
        for name, value in by.items() if name not in nulls
    )  # fmt: skip


def series(series: TrendSeries) -> str:
    """What a trend's series counts, and of whom."""
    return f"{series.name} · {group(series.by)}" if series.by else series.name


def asked_range(asked: Asked) -> str:
    """The range of time that was asked for, with its zone, to stand at a sentence's end.

    >>> asked_range(Asked(from_="2026-01-01"))
    ' from 2026-01-01 (UTC)'
    """
    said = (f" from {asked.from_}" if asked.from_ else "") + (f" to {asked.to}" if asked.to else "")
    return f"{said} ({asked.timezone})" if said else ""


def compared(asked: Asked) -> str:
    """The time that a question compares with, to stand behind a verb.

    >>> compared(Asked(compare="previous")), compared(Asked(compare="year_before"))
    ('in the time before', 'a year before')
    """
    match asked.compare:
        case "year_before":
            return "a year before"
        case {"from": first, "to": last}:
            return f"from {first} to {last}"
        case _:
            return "in the time before"


def sampled(sample: Sample) -> str:
    """A sentence to end with where only some people were looked at.

    >>> sampled(Sample(0.1, 200, 5.88))
    ' Counts are estimates from a sample of 10%, 200 people.'
    """
    looked_at = f"{share(sample.share)}, {people(sample.people)}"
    return f" Counts are estimates from a sample of {looked_at}."


def hiding(hidden: Hidden) -> str:
    """A sentence to end with where numbers about few people are not told.

    >>> hiding(Hidden(10, ["$.steps[2].people"], 0))
    ' Numbers about fewer than 10 people, and what would tell them, are hidden.'
    """
    return (
        f" Numbers about fewer than {hidden.fewer_than} people, and what would tell them, are "
        "hidden."
    )


def noisy(noise: Noised) -> str:
    """A sentence to end with where counts have noise.

    >>> noisy(Noised(0.5, 3, 20))
    ' Each count has noise: in 95 of 100 answers it is off by 20 at most.'
    """
    return f" Each count has noise: in 95 of 100 answers it is off by {noise.within:,} at most."


UNTOLD = "Too few people did this for numbers to be told"


def caution(count: float | None) -> str:
    """A sentence to end with where the numbers are small.

    >>> caution(12)
    ' That is only 12 people, too few to conclude from.'
    """
    if count is None or count >= SMALL:
        return ""
    return f" That is only {people(int(count))}, too few to conclude from."
