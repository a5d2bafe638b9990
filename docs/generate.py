"""Writes the reference: every command with its options, and every setting, as they are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import typer

REFERENCE = Path(__file__).parent / "reference"


def command_page(app: typer.Typer, name: str) -> str:
    """Every command of the command line ``app``, which is called ``name``."""
    return "\n\n".join(["# Commands", *_commands(typer.main.get_command(app), name)]) + "\n"


def settings_page(settings: type[msgspec.Struct]) -> str:
    """Every setting with its type, default and meaning, from the struct that holds them."""
    schema = msgspec.json.schema(settings)
    rows = _settings(schema["$defs"][settings.__name__], schema["$defs"], "")
    return "\n".join(
        ["# Settings", "", *_table("setting", "type", "default", "meaning"), *rows, ""]
    )


def _commands(command: Any, name: str) -> Iterator[str]:
    rows = [_parameter(each) for each in command.params if each.name != "help"]
    lines = [f"## `{name}`", "", (command.help or "").strip()]
    yield "\n".join([*lines, "", *_table("given", "meaning", "default"), *rows] if rows else lines)
    for inner in getattr(command, "commands", {}).values():
        yield from _commands(inner, f"{name} {inner.name}")


def _parameter(given: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*given.opts, *given.secondary_opts))
    default = "" if given.default in (None, False) else f"`{given.default}`"
    return f"| {names} | {given.help or ''} | {default} |"


def _settings(schema: dict[str, Any], known: dict[str, Any], prefix: str) -> Iterator[str]:
    for name, field in schema["properties"].items():
        inner = field.get("$ref", "").removeprefix("#/$defs/")
        if "properties" in known.get(inner, {}):
            yield from _settings(known[inner], known, f"{prefix}{name}.")
            continue
        kind = field.get("type") or " or ".join(
            each.get("type", "") for each in field.get("anyOf", [])
        )
        default = msgspec.json.encode(field["default"]).decode() if "default" in field else ""
        yield f"| `{prefix}{name}` | {kind} | `{default}` | {field.get('description', '')} |"


def _table(*columns: str) -> list[str]:
    return [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]


if __name__ == "__main__":
    from ethogram.run.cli.app import app
    from ethogram.run.settings import Settings

    REFERENCE.mkdir(exist_ok=True)
    (REFERENCE / "commands.md").write_text(command_page(app, "ethogram"))
    (REFERENCE / "settings.md").write_text(settings_page(Settings))
