"""Consent and retention of a served workspace, through the server."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from ethogram.events.event import Json
from ethogram.protect.consent.sending import Sending
from ethogram.run.calling import told
from ethogram.run.consents import proof_of, records
from ethogram.run.looking import Looking, identity_of
from ethogram.run.saved import SavedThings
from ethogram.show.api.consents import PersonConsents, PurposeTold, Say
from ethogram.show.api.ports import Gone, Person
from ethogram.show.api.saved import Version


class RemoteConsents:
    """See `ethogram.run.consents.Consents`; what nobody else may see is read from the files.

    ``policy`` is the project's, by which links make persons.
    """

    def __init__(
        self, asker: httpx.Client, saved: SavedThings, looking: Looking, policy: str
    ) -> None:
        self.saved, self._asker, self._looking, self._policy = saved, asker, looking, policy

    @property
    def sending(self) -> Sending:
        """See `Consents.sending`."""
        read = records(self._looking.log, self._looking.lake)
        return Sending(read, identity_of(self._looking, self._policy).resolve)

    def purposes(self) -> list[PurposeTold]:
        """See `Consents.purposes`."""
        return msgspec.convert(told(self._asker, "GET", "/api/consent"), list[PurposeTold])

    def set_purpose(self, name: str, body: bytes | Mapping[str, Any], note: str = "") -> Version:
        """See `Consents.set_purpose`."""
        return _changed(self._asker, "PUT", f"/api/consent/purposes/{_in_path(name)}", body, note)

    def drop_purpose(self, name: str, note: str = "") -> Version:
        """See `Consents.drop_purpose`."""
        return _changed(self._asker, "DELETE", f"/api/consent/purposes/{_in_path(name)}", b"", note)

    def show(self, id_: str, at: str | None = None) -> PersonConsents:
        """See `Consents.show`."""
        asked = {"id": id_, "at": at}
        said = told(self._asker, "POST", "/api/consent/person", json=asked)
        return msgspec.convert(said, PersonConsents)

    def proof(self, id_: str) -> PersonConsents:
        """See `Consents.proof`."""
        person = told(self._asker, "POST", "/api/person", json={"id": id_})
        read = records(self._looking.log, self._looking.lake)
        with closing(self._looking.vault()) as vault:
            return proof_of(read, msgspec.convert(person, Person), vault)

    def say(self, said: Say) -> PersonConsents:
        """See `Consents.say`; the server says who said it."""
        asked = msgspec.to_builtins(said)
        return msgspec.convert(
            told(self._asker, "POST", "/api/consent", json=asked), PersonConsents
        )


class RemoteRetention:
    """See `ethogram.run.retaining.Retention`."""

    def __init__(self, asker: httpx.Client) -> None:
        self._asker = asker

    def rules(self) -> list[Version]:
        """See `Retention.rules`."""
        return msgspec.convert(told(self._asker, "GET", "/api/retention"), list[Version])

    def save(self, name: str, body: bytes | str, note: str = "") -> Version:
        """See `Retention.save`."""
        return _changed(self._asker, "PUT", f"/api/retention/{_in_path(name)}", body, note)

    def drop(self, name: str, note: str = "") -> Version:
        """See `Retention.drop`."""
        return _changed(self._asker, "DELETE", f"/api/retention/{_in_path(name)}", b"", note)

    def run(self) -> list[Gone]:
        """See `Retention.run`."""
        return msgspec.convert(told(self._asker, "POST", "/api/retention"), list[Gone])


def _in_path(name: str) -> str:
    return quote(name, safe="")


def _changed(asker: httpx.Client, method: str, path: str, body: Json, note: str) -> Version:
    sent = body if isinstance(body, bytes | str) else msgspec.json.encode(body)
    said = told(asker, method, path, content=sent, params={"note": note} if note else {})
    return msgspec.convert(said, Version)
