"""Settings: defaults, then ``ethogram.toml``, then ``ETHOGRAM_…``, then the command's flags."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from ethogram.collect.cleaning.country import Detail
from ethogram.collect.cleaning.steps import Way
from ethogram.events.errors import Invalid, nearest
from ethogram.protect.access.addresses import Policy


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that one installation can be told; sizes in bytes, times in seconds."""

    host: str = "127.0.0.1"
    port: int = 8000
    hosts: tuple[str, ...] = ()
    body_limit: int = 1 << 20
    event_limit: int = 32 << 10
    depth_limit: int = 32
    body_seconds: float = 30.0
    waiting_limit: int = 64 << 20
    events_per_second: float = 0.0
    questions_per_second: float = 0.0
    load_every: float = 60.0
    tick: float = 0.2
    threads: int = 0
    question_seconds: float = 60.0
    keep_log: float = 86_400.0
    sql_seconds: float = 30.0
    sql_rows: int = 10_000
    sql_memory: int = 1 << 30
    tracker_path: str = ""
    source_seconds: float = 3600.0
    trusted_proxies: tuple[str, ...] = ()
    cleaning_off: tuple[str, ...] = ()
    bots: Way = "mark"
    internal: Way = "mark"
    internal_traffic: tuple[str, ...] = ()
    ip: Policy = "truncate"
    geoip: str = ""
    geoip_detail: Detail = "country"
    currency_rates: str = ""
    base_currency: str = "USD"
    missing_values: tuple[str, ...] = ()
    public_url: str = ""
    oidc_name: str = "your company's account"
    oidc_issuer: str = ""
    oidc_client: str = ""
    oidc_secret: str = "${OIDC_SECRET}"  # noqa: S105 - where it is, not what it is
    oidc_claim: str = "groups"
    oidc_roles: tuple[str, ...] = ()
    nobody_ids: tuple[str, ...] = ()
    identity: str = "posthog"
    consent: Literal["given", "required"] = "given"
    consent_sources: tuple[str, ...] = ()
    gpc: Literal["honour", "ignore"] = "honour"
    simulated: bool = False


def load(folder: Path, flags: Mapping[str, Any]) -> Settings:
    """The settings of a workspace. Raises `Invalid` naming the origin and the setting."""
    values: dict[str, Any] = {}
    for origin, given in (
        (str(folder / "ethogram.toml"), _toml(folder / "ethogram.toml")),
        ("environment", _environment()),
        ("flags", {name: value for name, value in flags.items() if value is not None}),
    ):
        for name in given:
            if name not in Settings.__struct_fields__:
                hint = nearest(name, Settings.__struct_fields__)
                raise Invalid("unknown_setting", f"There is no {name!r}.", at=origin, hint=hint)
        values |= given
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid("bad_setting", f"{error}.", at="settings") from None


def _toml(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return dict(tomllib.loads(path.read_text()).get("settings", {}))
    except tomllib.TOMLDecodeError as error:
        raise Invalid("bad_toml", f"{error}.", at=str(path)) from None


_NOT_SETTINGS = {
    "master_key", "master_key_file", "kms_encrypt", "kms_decrypt", "kms_seconds",
    "data", "bench_dir",
}  # fmt: skip


_LISTS = {
    field.name for field in msgspec.structs.fields(Settings) if field.default.__class__ is tuple
}
"""Settings that are lists: in the environment, commas part their words."""


def _environment() -> dict[str, Any]:
    return {
        name: [word.strip() for word in value.split(",") if word.strip()]
        if name in _LISTS
        else value
        for key, value in os.environ.items()
        if key.startswith("ETHOGRAM_")
        and (name := key.removeprefix("ETHOGRAM_").lower()) not in _NOT_SETTINGS
    }
