"""The site's files, as its build put them; and a plain page where it was not built."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from ethogram.events.errors import Refused
from ethogram.protect.access.desk import unknown
from ethogram.show.api import cookies
from ethogram.show.api.operation import installation_of
from ethogram.show.api.permitting import is_open
from ethogram.show.charts.draw import SITE

NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Ethogram</title></head>
<body><main><h1>Ethogram runs</h1>
<p>Its pages are not in this installation. Run <code>make web</code>, or install a released
wheel. Everything else works: <code>POST /api/ask</code> asks, and
<code>GET /api/openapi.json</code> says how.</p></main></body></html>
"""

_files = StaticFiles(directory=SITE, check_dir=False)


async def page(request: Request) -> Response:
    """A file of the site, or for an address that a browser opens, the site's one page."""
    html = "text/html" in request.headers.get("accept", "")
    if "key" in request.query_params:
        try:
            return await _known(request, request.query_params["key"])
        except Refused:
            if html:  # the site says it better than an error in JSON
                return _index(401)
            raise
    path = request.path_params["path"]
    try:
        response = await _files.get_response(path, request.scope)
    except HTTPException:
        if path and not html:
            raise
        return _index()
    # The build gives what is in assets/ a new name whenever it changes.
    forever = path.startswith("assets/")
    response.headers["Cache-Control"] = "max-age=31536000, immutable" if forever else "no-cache"
    return response


async def _known(request: Request, key: str) -> Response:
    """The page again, with the key in a cookie; also where people sign in, who need none."""
    caller = installation_of(request).desk.by_key(key, "")
    if caller is None or not caller.may("ask"):
        raise unknown(key)
    response = cookies.without_key(request)
    if await asyncio.to_thread(is_open, request):
        cookies.give(request, response, key)
    return response


def _index(status: int = 200) -> Response:
    index = SITE / "index.html"
    if index.is_file():
        return FileResponse(index, status, headers={"Cache-Control": "no-cache"})
    return HTMLResponse(NOT_BUILT, status, headers={"Cache-Control": "no-store"})
