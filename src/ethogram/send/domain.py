"""Events of an application that keeps its state as events."""

from typing import Any

from ethogram.events.event import Event


def domain_event(
    type_: str,
    aggregate_id: str,
    version: int,
    state: dict[str, Any],
    *,
    user_id: str | None = None,
    timestamp: str | int | float | None = None,
    name: str = "",
) -> Event:
    """What happened to an aggregate, as an event that is kept once however often it is sent.

    Its id is the aggregate's id and version, within the application ``name``. Without a user it
    counts for nobody: the aggregate stands in for one.

    >>> domain_event("OrderPlaced", "o-1", 3, {"total": 20}, user_id="7").event_id
    'o-1:3'
    """
    own = {"aggregate_id": aggregate_id, "aggregate_version": version}
    return Event(
        type_,
        user_id=user_id,
        anonymous_id=None if user_id else f"aggregate:{aggregate_id}",
        personless=user_id is None,
        timestamp=timestamp,
        event_id=f"{name}:{aggregate_id}:{version}" if name else f"{aggregate_id}:{version}",
        properties=state | own,
    )
