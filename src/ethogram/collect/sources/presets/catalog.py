"""The presets by their names."""

from collections.abc import Mapping

from ethogram.collect.sources.presets.access_log import ACCESS_LOG
from ethogram.collect.sources.presets.preset import Preset
from ethogram.events.errors import NotFound, nearest

PRESETS: Mapping[str, Preset] = {
    "access-log": ACCESS_LOG,
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
