"""All steps, in their order, as an installation's settings ask for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from ethogram.collect.cleaning import nobody
from ethogram.collect.cleaning.bots import bots
from ethogram.collect.cleaning.country import Detail, country
from ethogram.collect.cleaning.currency import currency, read_rates
from ethogram.collect.cleaning.devices import devices
from ethogram.collect.cleaning.internal import internal
from ethogram.collect.cleaning.missing import USUAL, spellings
from ethogram.collect.cleaning.pipeline import Cleaning
from ethogram.collect.cleaning.referrers import referrers
from ethogram.collect.cleaning.step import Step, grouped
from ethogram.collect.cleaning.urls import urls
from ethogram.events.errors import Invalid, nearest

NAMES = (
    "ids",
    "missing",
    "referrers",
    "urls",
    "devices",
    "bots",
    "country",
    "internal",
    "currency",
)
"""The steps, in their order."""
Way: TypeAlias = Literal["mark", "refuse"]


@dataclass(frozen=True)
class Options:
    """What can be said of the steps; ``off`` names those that are left out.

    ``own`` is internal traffic (see `internal`), ``geoip`` and ``rates`` are files; without them
    there is nothing for these steps to do. ``missing`` are words for no value beside the usual,
    ``nobody`` words for no id.
    """

    off: tuple[str, ...] = ()
    bots: Way = "mark"
    internal: Way = "mark"
    own: tuple[str, ...] = ()
    geoip: Path | None = None
    detail: Detail = "country"
    rates: Path | None = None
    base: str = ""
    missing: tuple[str, ...] = ()
    nobody: tuple[str, ...] = ()


def cleaning(options: Options) -> Cleaning:
    """The steps that ``options`` ask for. Raises `Invalid` for what is no step, and bad files."""
    for name in options.off:
        if name not in NAMES:
            raise Invalid("unknown_step", f"There is no step {name!r}.", at="cleaning_off",
                          hint=nearest(name, NAMES))  # fmt: skip
    steps = [step for step in _steps(options) if step.name not in options.off]
    about = {step.about for step in steps}
    return Cleaning(
        absent=frozenset() if "missing" in options.off else spellings(USUAL + options.missing),
        nobody=frozenset() if "ids" in options.off else spellings(nobody.USUAL + options.nobody),
        groups=tuple(grouped(steps)),
        rewrites="urls" not in options.off,
        person="person" in about,
        sale="sale" in about,
        always=not about <= {"program", "page", "way"},
    )


def _steps(options: Options) -> Iterator[Step]:
    yield Step("referrers", "way", referrers)
    yield Step("urls", "page", urls)
    yield Step("devices", "program", devices)
    yield Step("bots", "program", bots, options.bots == "refuse")
    if options.geoip and "country" not in options.off:
        yield Step("country", "place", country(options.geoip, options.detail))
    if options.own:
        yield Step("internal", "person", internal(options.own), options.internal == "refuse")
    if options.rates and "currency" not in options.off:
        yield Step("currency", "sale", currency(options.base, read_rates(options.rates)))
