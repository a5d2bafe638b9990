"""People of a served workspace: who is who, and what they may ask, through the server."""

from pathlib import Path
from typing import BinaryIO

import httpx
import msgspec
from msgspec import structs

from ethogram.events.erasure import Receipt
from ethogram.run.calling import calling, check, told
from ethogram.run.subject import into_file
from ethogram.show.api.asked import Subject
from ethogram.show.api.ports import Person, Tie
from ethogram.show.api.subjects import COUNTS

PAGE = 1000
"""So many ids and links come with one answer."""


class RemoteMerging:
    """See `ethogram.run.merging.Merging`."""

    def __init__(self, asker: httpx.Client) -> None:
        self._asker = asker

    def show(self, id_: str) -> Person:
        """The person who has an id, with all their ids and links."""
        ids, links = list[str](), list[Tie]()
        while True:
            asked = {"id": id_, "skip": max(len(ids), len(links)), "limit": PAGE}
            page = msgspec.convert(told(self._asker, "POST", "/api/person", json=asked), Person)
            ids += page.ids
            links += page.links
            if not (page.ids or page.links) or (len(ids), len(links)) == (
                page.id_count,
                page.link_count,
            ):
                return structs.replace(page, ids=ids, links=links)

    def merge(self, one: str, other: str) -> None:
        """See `Merging.merge`."""
        told(self._asker, "POST", "/api/person/merge", json={"one": one, "other": other})

    def unmerge(self, id_: str, other: str | None = None) -> int:
        """See `Merging.unmerge`."""
        body = {"id": id_, "from": other}
        return told(self._asker, "POST", "/api/person/unmerge", json=body)["links"]


class RemoteRequests:
    """See `ethogram.run.requests.Requests`; the server says who asked."""

    def __init__(self, asker: httpx.Client) -> None:
        self._asker = asker

    @property
    def receipts(self) -> list[Receipt]:
        """See `Requests.receipts`."""
        return msgspec.convert(told(self._asker, "GET", "/api/erasures"), list[Receipt])

    def erase(
        self,
        id_: str | None = None,
        *,
        events: bool = False,
        since: str | None = None,
        until: str | None = None,
        event: str | None = None,
        property: str | None = None,
        purge: bool = False,
    ) -> Receipt:
        """See `Requests.erase`."""
        body = {"id": id_, "events": events, "from": since, "to": until, "event": event,
                "property": property, "purge": purge}  # fmt: skip
        return msgspec.convert(told(self._asker, "POST", "/api/erasures", json=body), Receipt)

    def export(self, id_: str, to: Path) -> Subject:
        """See `Requests.export`."""

        def archive(file: BinaryIO) -> Subject:
            asked = {"id": id_}
            with calling(), self._asker.stream("POST", "/api/person/archive", json=asked) as answer:
                check(answer)
                for chunk in answer.iter_bytes():
                    file.write(chunk)
                return msgspec.json.decode(answer.headers[COUNTS], type=Subject)

        return into_file(to, archive)
