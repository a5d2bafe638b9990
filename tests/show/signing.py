"""Signing in, as the tests of the site's doors do it."""

import httpx

PASSWORD = "correct horse battery"
OWN = {"sec-fetch-site": "same-origin"}


def signed(client: httpx.Client, **said: str) -> httpx.Response:
    """The answer to a sign-in as Ann."""
    body = {"email": "ann@shop.eu", "password": PASSWORD} | said
    return client.post("/api/session", json=body, headers=OWN)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """The status and the error's code."""
    return answer.status_code, answer.json()["error"]["code"]
