"""The notification log of the library ``eventsourcing``, read on and sent."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self

from ethogram.events.event import Event
from ethogram.send.domain import domain_event


class Sender(Protocol):
    """A client of ours."""

    def send(self, event: Event) -> str:
        """Keep an event; its id."""
        ...


class Notifications:
    """Sends the domain events of an ``eventsourcing.application.Application``.

    ``user`` says of a domain event's state whose it is (None: nobody's). ``after`` is the
    notification up to which all was sent; keep `position` and give it back at the next start. A
    notification that is sent twice is kept once.
    """

    def __init__(
        self,
        application: Any,
        sender: Sender,
        *,
        user: Callable[[Mapping[str, Any]], str | None] = lambda _: None,
        after: int = 0,
    ) -> None:
        self._application = application
        self._sender = sender
        self._user = user
        self.position = after

    def pull(self) -> Self:
        """Send what was recorded since the last time."""
        mapper, log = self._application.mapper, self._application.notification_log
        while True:
            section = log.select(self.position + 1, log.section_size)
            for each in section:
                self._sender.send(self._event(mapper.to_domain_event(each)))
                self.position = each.id
            if len(section) < log.section_size:
                return self

    def _event(self, happened: Any) -> Event:
        state = {name: _plain(value) for name, value in vars(happened).items()
                 if name not in _OWN}  # fmt: skip
        return domain_event(
            type(happened).__qualname__,
            str(happened.originator_id),
            happened.originator_version,
            state,
            user_id=self._user(state),
            timestamp=happened.timestamp.isoformat(),
            name=self._application.name,
        )


_OWN = frozenset({"originator_id", "originator_version", "timestamp", "originator_topic"})


def _plain(value: Any) -> Any:
    """JSON's own types as they are, all else as its text."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value)
