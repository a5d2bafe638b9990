"""The OpenAPI 3.1 document, made of the route table and of the types that the routes use."""

import re
from collections.abc import Iterable
from importlib.metadata import version

import msgspec
from msgspec.json import schema_components

from ethogram.events.event import Event, Json
from ethogram.show.api import native_door
from ethogram.show.api.operation import Kinds, Operation

REASONS = {
    400: "What was sent cannot be understood; `at` is the place in it.",
    401: "Nobody is known by what was sent: no key, or none that holds.",
    403: "Who asks is known, and may not do this; `x-permission` is what it needs.",
    404: "What was named does not exist; the hint says what does.",
    408: "What was sent did not arrive in time.",
    413: "What was sent is larger than the limit.",
    429: "More was sent than is allowed; `Retry-After` says when to send it again.",
    503: "Cannot be answered now; `Retry-After` says when.",
}
_REFERENCE = "#/components/schemas/{name}"


class Problem(msgspec.Struct, frozen=True):
    """What was wrong, what to do, and where. The code is stable, the words may change."""

    code: str
    message: str
    hint: str
    at: str


class Failure(msgspec.Struct, frozen=True):
    """The one shape of every error."""

    error: Problem


def document(operations: Iterable[Operation]) -> dict[str, Json]:
    """The whole API as OpenAPI 3.1."""
    operations = tuple(operations)
    paths: dict[str, dict[str, Json]] = {}
    for operation in operations:
        methods = paths.setdefault(operation.path, {})
        methods[operation.method.lower()] = _operation(operation)
    paths[native_door.PATH] = {"post": _native_door()}
    kinds = [Failure, *native_door.KINDS, *(kind for each in operations for kind in _kinds(each))]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ethogram",
            "version": version("ethogram"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schema_components(kinds, ref_template=_REFERENCE)[1],
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "ethogram-PORT"},
            },
        },
    }


def _kinds(operation: Operation) -> Kinds:
    answers = tuple(kind for kinds in operation.answers.values() for kind in kinds)
    return operation.body + answers


def _operation(operation: Operation) -> dict[str, Json]:
    described: dict[str, Json] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "security": [{"key": []}, {"cookie": []}] if operation.needs else [],
        "x-permission": operation.needs,
        "parameters": _in_path(operation) + _in_query(operation),
        "responses": _responses(operation),
    }
    if operation.body:
        content = {"application/json": {"schema": _one_of(operation.body)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _native_door() -> dict[str, Json]:
    events = {"schema": _one_of((list[Event], Event))}
    failures = _failures((400, 401, 408, 413, 429, 503))
    return native_door.described(events, {"schema": _schema(native_door.Taken)}, failures)


def _in_path(operation: Operation) -> list[Json]:
    names = re.findall(r"{(\w+)}", operation.path)
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]


def _in_query(operation: Operation) -> list[Json]:
    if operation.query is None:
        return []
    schema = schema_components([operation.query], ref_template=_REFERENCE)[1]
    fields = schema[operation.query.__name__]
    return [
        {"name": name, "in": "query", "required": name in fields["required"], "schema": field}
        for name, field in fields["properties"].items()
    ]


def _responses(operation: Operation) -> dict[str, Json]:
    often = () if operation.method == "GET" else (429,)
    fails = {401, 403, *often, *operation.fails} if operation.needs else {*operation.fails}
    content = {
        media: {"schema": _one_of(kinds)} if kinds else {}
        for media, kinds in operation.answers.items()
    }
    return {
        "200": {"description": operation.summary, "content": content},
        **_failures(sorted(fails)),
    }


def _failures(statuses: Iterable[int]) -> dict[str, Json]:
    content = {"application/json": {"schema": _schema(Failure)}}
    return {
        str(status): {"description": REASONS[status], "content": content} for status in statuses
    }


def _one_of(kinds: Kinds) -> Json:
    schemas = [_schema(kind) for kind in kinds]
    return schemas[0] if len(schemas) == 1 else {"oneOf": schemas}


def _schema(kind: object) -> Json:
    return schema_components([kind], ref_template=_REFERENCE)[0][0]
