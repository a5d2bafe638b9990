"""The document that describes the API is made of what the API is."""

import json
import re

import msgspec
import pytest
from starlette.routing import Mount, Route

from ethogram.ask.questions.catalog import CATALOG
from ethogram.show.api.app import app
from ethogram.show.api.openapi import document
from ethogram.show.api.routes import operations
from ethogram.show.charts.answers import read


@pytest.fixture
def described(installation) -> dict:
    """The document of the fake installation."""
    return document(operations(installation.questions))


def mounted(routes, prefix="") -> set[tuple[str, str]]:
    """The methods and paths that a server answers, the site's files aside."""
    found = set()
    for route in routes:
        if isinstance(route, Mount):
            found |= mounted(route.routes, prefix + route.path)
        elif isinstance(route, Route) and route.path != "/{path:path}":
            found |= {(method.lower(), prefix + route.path) for method in route.methods - {"HEAD"}}
    return found


def test_every_route_is_documented(installation, described):
    """Each method and path that the server mounts stands in the document, and the native door."""
    said = {(method, path) for path, methods in described["paths"].items() for method in methods}
    assert said == mounted(app(installation).routes) | {("post", "/v1/events")}


def test_every_reference_leads_to_a_schema(described):
    """No $ref points to nothing."""
    names = re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described))
    assert names
    assert set(names) <= set(described["components"]["schemas"])


def test_the_real_questions_have_names_of_their_own(installation):
    """No type of a spec shares its name with one of an answer: a client gets plain names."""
    installation.questions = {name: question.spec for name, question in CATALOG.items()}
    names = document(operations(installation.questions))["components"]["schemas"]
    assert [name for name in names if "." in name] == []


def test_every_error_is_the_one_shape(described):
    """Each documented status but 200 has the Failure schema, and 401 where a key is needed."""
    for path, methods in described["paths"].items():
        for operation in methods.values():
            fails = {k: v for k, v in operation["responses"].items() if k != "200"}
            assert operation["x-permission"] is None or "401" in fails, path
            for failure in fails.values():
                schema = failure["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Failure"}


def test_operations_have_their_own_names(described):
    """A client that is generated has one function for each route."""
    names = [each["operationId"] for methods in described["paths"].values()
             for each in methods.values()]  # fmt: skip
    assert len(set(names)) == len(names)
    assert "getQuestionsName" in names


def test_query_parameters_carry_their_limits(described):
    """What the route refuses is said before."""
    said = {each["name"]: each for each in described["paths"]["/api/figure"]["post"]["parameters"]}
    assert said["width"]["schema"]["maximum"] == 4000
    assert said["theme"]["schema"]["enum"] == ["dark", "light"]
    assert not said["format"]["required"]


def test_answers_are_as_documented(client, described):
    """What /api/ask returns has the fields that its schema requires, and its types read it."""
    answer = client.post("/api/ask", json={"question": "funnel", "steps": ["a", "b"]}).json()
    assert set(described["components"]["schemas"]["FunnelAnswer"]["required"]) <= set(answer)
    assert msgspec.to_builtins(read(answer)) == answer


def test_the_document_is_served(client, described):
    """The server gives the same document."""
    assert client.get("/api/openapi.json").json() == json.loads(msgspec.json.encode(described))
