"""The simulated shop's storefront as an application: files, and a page that knows its key."""

from html import escape
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

FILES = Path(__file__).parent / "storefront"
_POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'"


def storefront(write_key: str) -> Starlette:
    """The storefront; its clicks arrive under ``write_key``."""
    page = (FILES / "index.html").read_text()
    meta = '<meta name="ethogram-write-key" content="{}">'
    page = page.replace(meta.format(""), meta.format(escape(write_key)))

    async def index(_: Request) -> HTMLResponse:
        return HTMLResponse(page, headers={"content-security-policy": _POLICY})

    return Starlette(routes=[Route("/", index), Mount("/", StaticFiles(directory=FILES))])
