"""What an event says that its person allows, in our words or in those of other vendors."""

from collections.abc import Iterator, Mapping

from ethogram.events.event import Event, Json

_YES = {"granted": True, "yes": True, "true": True, "denied": False, "no": False, "false": False}
EVENT = "consent"
_SCOPES: Mapping[str, bool | None] = {
    "allow_all": True,
    "allow_selected": None,
    "deny_all": False,
    "withdrawn": False,
    "expired": False,
}
"""Snowplow's preferences by their ``eventType``; None: the scopes that it lists."""


def is_said(event: Event) -> bool:
    """Whether ``event`` may say something of consent; quick, for most do not."""
    if event.consent or event.event == EVENT:
        return True
    context = event.context
    return bool(context) and ("consent" in context or "consentManagement" in context)


def is_meant(event: Event) -> bool:
    """Whether ``event`` is there to say it, not only accompanied by it."""
    return event.kind == "consent" or event.event == EVENT


def said(event: Event, known: Mapping[str, str]) -> dict[str, bool]:
    """The purposes that ``event`` says are given or not; ``known`` has them by their words.

    >>> said(Event("consent", consent={"ad_storage": "denied"}), {"ad_storage": "marketing"})
    {'marketing': False}
    """
    found: dict[str, bool] = {}
    for word, value in _pairs(event, known):
        purpose, given = known.get(word.lower()), _flag(value)
        if purpose is not None and given is not None:
            found[purpose] = given
    return found


def proof(event: Event) -> dict[str, Json]:
    """What the client says beside it, where the event is there to say it."""
    if not is_meant(event):
        return {}
    beside = {key: value for key, value in (event.consent or {}).items() if _flag(value) is None}
    return {**event.properties, **beside}


def _pairs(event: Event, known: Mapping[str, str]) -> Iterator[tuple[str, Json]]:
    """(a word that may mean a purpose, what is said of it), the event's own last."""
    context = event.context
    segment, rudder = context.get("consent"), context.get("consentManagement")
    if isinstance(rudder, dict):
        yield from _listed(rudder.get("deniedConsentIds"), False)
        yield from _listed(rudder.get("allowedConsentIds"), True)
    if isinstance(segment, dict):
        categories = segment.get("categoryPreferences")
        yield from (categories if isinstance(categories, dict) else segment).items()
    consent = event.consent or (event.properties if event.event == EVENT else {})
    if "granted" in consent and "documents" in consent:
        yield from _snowplow(consent, known)
    else:
        yield from consent.items()


def _snowplow(consent: Mapping[str, Json], known: Mapping[str, str]) -> Iterator[tuple[str, Json]]:
    """Documents that are purposes, or else analytics; or preferences, scope by scope."""
    given = consent["granted"]
    if given is None:
        all_ = _SCOPES.get(str(consent.get("eventType")), False)
        scopes = consent.get("consentScopes")
        yield from ((word, bool(all_)) for word in known)
        if all_ is None:
            yield from _listed(scopes, True)
        return
    listed = consent["documents"] if isinstance(consent["documents"], list) else []
    words = [str(each.get(key, "")) for each in listed if isinstance(each, dict)
             for key in ("id", "name")]  # fmt: skip
    meant = [word for word in words if word.lower() in known]
    yield from ((word, given) for word in meant or ["analytics"])


def _listed(words: Json, given: bool) -> Iterator[tuple[str, Json]]:
    if isinstance(words, list):
        yield from ((word, given) for word in words if isinstance(word, str))


def _flag(value: Json) -> bool | None:
    if isinstance(value, bool):
        return value
    return _YES.get(value.lower()) if isinstance(value, str) else None
