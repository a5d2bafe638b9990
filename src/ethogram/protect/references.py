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

from ethogram.events.errors import EthogramError, Invalid, NotFound, nearest

_REFERENCE = re.compile(r"\$\{(\w+)\}")
_SECRET = re.compile(
    r"(pass(word|wd|phrase)?|pwd|secret|token|(api|access|account|private|key)(key|pem)|"
    r"credentials?|authorization|signature|cookie|jaasconfig)$"
)
"""How the names of what is never written into a definition end, in their small letters."""
_IN_URL = re.compile(
    r"(?i)^[\w+.-]+://(?:[^/@\s]*?:([^/@\s]+)@"
    r"|\S*?[?&;](?:[\w-]*(?:passw(?:or)?d|pwd|token|secret)|api_?key|odbc_connect)=([^&;\s]+))"
)
"""An address with a password before its host, or among its parameters."""
_LINE = 500
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
        if password := _password(url):
            self._used["PASSWORD"] = password
        return found

    def hidden(self, text: str) -> str:
        """``text`` with every value that was used replaced by its reference."""
        for name, value in sorted(self._used.items(), key=lambda used: -len(used[1])):
            for said in {value, quote(value, safe=""), repr(value)[1:-1], _password(value) or ""}:
                if len(said) >= _SHORT:
                    text = text.replace(said, f"${{{name}}}")
        return text

    def reason(self, error: BaseException) -> str:
        """Why other people's code failed, in one line without a secret."""
        said = " ".join(self.hidden(str(error)).split())
        return f"{type(error).__name__}: {said[:_LINE]}"

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


def root(error: BaseException) -> BaseException:
    """Of the reasons behind ``error`` the innermost that says something, or our own."""
    inner = error
    while (inner := inner.__cause__ or inner.__context__) is not None:
        if isinstance(inner, EthogramError):
            return inner
        error = inner if str(inner).strip() else error
    return error


def _password(address: str) -> str | None:
    """The password that is written out in an address."""
    found = _IN_URL.match(address)
    said = found and (found[1] or found[2])
    return None if not said or _REFERENCE.search(said) else said


def check_no_secret(definition: Any) -> None:
    """Raise `Invalid` where ``definition`` holds what should be a reference."""
    for at, name, text in _texts(definition, "$", ""):
        letters = "".join(filter(str.isalpha, name.lower()))
        if (_SECRET.search(letters) and not _REFERENCE.search(text)) or _password(text):
            raise Invalid(
                "secret_in_source",
                "A secret stands in the definition, where everybody reads it.",
                at=at,
                hint="Write ${NAME} in its place, and the value into the environment or the "
                "file of secrets beside the master key.",
            )


def _texts(value: Any, at: str, name: str) -> Iterator[tuple[str, str, str]]:
    """(place, name, text) of every text and number in ``value``."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        yield at, name, str(value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(each, f"{at}.{key}", str(key))
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _texts(each, f"{at}[{place}]", name)
