"""The presets by their names."""

from collections.abc import Mapping

from ethogram.collect.sources.presets.access_log import ACCESS_LOG
from ethogram.collect.sources.presets.amplitude import AMPLITUDE
from ethogram.collect.sources.presets.ga4 import GA4
from ethogram.collect.sources.presets.matomo import MATOMO
from ethogram.collect.sources.presets.mixpanel import MIXPANEL
from ethogram.collect.sources.presets.posthog import POSTHOG
from ethogram.collect.sources.presets.preset import Preset
from ethogram.collect.sources.presets.sshd import SSHD
from ethogram.events.errors import NotFound, nearest

PRESETS: Mapping[str, Preset] = {
    "access-log": ACCESS_LOG,
    "sshd": SSHD,
    "mixpanel": MIXPANEL,
    "amplitude": AMPLITUDE,
    "posthog": POSTHOG,
    "ga4": GA4,
    "matomo": MATOMO,
}


def preset(name: str) -> Preset:
    """The preset of that name. Raises `NotFound`."""
    if name not in PRESETS:
        raise NotFound(
            "unknown_preset",
            f"There is no preset {name}.",
            at="--preset",
            hint=nearest(name, PRESETS),
        )
    return PRESETS[name]
