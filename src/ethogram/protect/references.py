"""Secrets by reference: ``${NAME}`` in a definition, the value in the environment or a file.

The file is TOML, ``NAME = "value"`` a line, and lies beside the master key: outside the
workspace and so outside its backups. What a secret says is in no definition, output or error.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ethogram.events.errors import Invalid, NotFound, nearest

_REFERENCE = re.compile(r"\$\{(\w+)\}")
_SECRET = re.compile(
    r"(?i)(?:^|[_-])(pass(word|wd|phrase)?|pwd|secret|token|api_?key|credentials?|"
    r"authorization|private_?key|signature|cookie)$"
)
"""Names of what is never written into a definition."""
_IN_URL = re.compile(r"^[\w+.-]+://[^/@\s]*?:([^/@\s]+)@")
_SHORT = 4
"""A shorter value stands in too many words to be hidden in them."""


class Secrets:
    """The values that a definition's references stand for; `hidden` takes them out of a text."""

    def __init__(self, file: Path, environment: Mapping[str, str] = os.environ) -> None:
        self._file = file
        self._environment = environment
        self._used: dict[str, str] = {}

    def filled(self, value: Any) -> Any:
        """``value`` with every reference in its texts replaced. Raises `NotFound`."""
        if isinstance(value, str):
            return _REFERENCE.sub(lambda found: self._value(found[1]), value)
        if isinstance(value, Mapping):
            return {name: self.filled(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.filled(each) for each in value]
        return value

    def filled_url(self, url: str) -> str:
        """An address with its references replaced, each quoted, where it is not one whole."""
        if _REFERENCE.fullmatch(url):
            return self.filled(url)
        found = _REFERENCE.sub(lambda found: quote(self._value(found[1]), safe=""), url)
        if (password := _IN_URL.match(found)) and not _REFERENCE.search(url):
            self._used["PASSWORD"] = password[1]
        return found

    def hidden(self, text: str) -> str:
        """``text`` with every value that was used replaced by its reference."""
        for name, value in sorted(self._used.items(), key=lambda used: -len(used[1])):
            for said in {value, quote(value, safe=""), *_inside(value)}:
                if len(said) >= _SHORT:
                    text = text.replace(said, f"${{{name}}}")
        return text

    def _value(self, name: str) -> str:
        found = self._environment.get(name)
        if found is None:
            kept = self._kept()
            if name not in kept:
                raise NotFound(
                    "no_secret",
                    f"There is no secret {name}.",
                    at=str(self._file),
                    hint=f'Set it in the environment, or write {name} = "…" into that file. '
                    + nearest(name, kept),
                )
            found = str(kept[name])
        self._used[name] = found
        return found

    def _kept(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            raise Invalid("bad_secrets", "This file is not TOML.", at=str(self._file)) from None


def _inside(value: str) -> set[str]:
    """The password of a whole address."""
    found = _IN_URL.match(value)
    return {found[1]} if found else set()


def check_no_secret(definition: Any) -> None:
    """Raise `Invalid` where ``definition`` holds what should be a reference."""
    for at, name, text in _texts(definition, "$", ""):
        said = _REFERENCE.sub("", text)
        url = _IN_URL.match(text)
        if (_SECRET.search(name) and said == text) or (url and not _REFERENCE.search(url[1])):
            raise Invalid(
                "secret_in_source",
                "A secret stands in the definition, where everybody reads it.",
                at=at,
                hint="Write ${NAME} in its place, and the value into the environment or the "
                "file of secrets beside the master key.",
            )


def _texts(value: Any, at: str, name: str) -> Iterator[tuple[str, str, str]]:
    """(place, name, text) of every text in ``value``."""
    if isinstance(value, str):
        yield at, name, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(each, f"{at}.{key}", str(key))
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _texts(each, f"{at}[{place}]", name)
