"""Which system a source is read from, whoever signs in there and by which driver."""

from urllib.parse import parse_qs, urlsplit

import msgspec

from ethogram.collect.sources.systems.definition import Source, Sql
from ethogram.events.event import Json
from ethogram.protect.references import Secrets

_PLACES = ("host", "port", "service", "odbc_connect")
"""Parameters of a database's address that say where it is."""


def origin(source: Source, secrets: Secrets) -> bytes:
    """The system that ``source`` names, as text; it may hold a secret, so it is kept as a hash.

    A database is its kind, host, name and schema, an API its base address, and a source in Python
    its function: what other people's code is told says nothing to us. Raises as `Secrets.filled`.
    """
    said: Json
    if source.sql is not None:
        said = _database(source.sql, secrets)
    elif source.rest is not None:
        client = secrets.filled(source.rest.get("client"))
        said = client.get("base_url") if isinstance(client, dict) else None
    else:
        assert source.python is not None
        said = source.python.function
    return msgspec.json.encode([source.kind, said])


def _database(sql: Sql, secrets: Secrets) -> Json:
    url = urlsplit(secrets.filled_url(sql.url))
    parameters = parse_qs(url.query)
    host = url.netloc.rpartition("@")[2].lower()
    said = [parameters.get(name, []) for name in _PLACES]
    return [url.scheme.partition("+")[0], host, url.path, *said, sql.schema]
