"""``ethogram serve`` and ``ethogram demo``."""

import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated

import typer

from ethogram.run.cli.terminal import HERE, Workspace, failing, remarks

Host = Annotated[str | None, typer.Option(help="The address to listen on.")]
Port = Annotated[int | None, typer.Option(help="The port to listen on.")]
DEMO = Path("demo")
READY_WITHIN = 120.0


def serve(workspace: Workspace = HERE, host: Host = None, port: Port = None) -> None:
    """Accept events, load, ask and show: collector, API and site of a workspace."""
    with failing("serving"):
        _serve(workspace, host, port, lambda _: None)


def demo(
    workspace: Workspace = DEMO,
    host: Host = None,
    port: Port = None,
    browser: Annotated[bool, typer.Option(help="Open the site in the browser.")] = True,
) -> None:
    """Make a workspace with a simulated shop and serve it."""
    from ethogram.run.demo.workspace import make

    with failing("making and serving the demo"):
        make(workspace, remarks.print)
        _serve(workspace, host, port, webbrowser.open if browser else lambda _: None)


def _serve(
    folder: Path, host: str | None, port: int | None, ready: Callable[[str], object]
) -> None:
    from ethogram.run import assembly
    from ethogram.run.acceptor import accept
    from ethogram.run.settings import load
    from ethogram.run.workspace import open_workspace

    workspace = open_workspace(folder)
    settings = load(workspace.folder, {"host": host, "port": port})
    vault = assembly.vault(workspace, "default")
    url = f"http://{settings.host}:{settings.port}/?key={vault.keyring.access('read')}"
    vault.close()
    threading.Thread(target=_announce, args=(url, settings.simulated, ready), daemon=True).start()
    status = accept(workspace, settings)
    if status:
        raise typer.Exit(status)


def _announce(url: str, simulated: bool, ready: Callable[[str], object]) -> None:
    """Say the address once the server can answer there."""
    import httpx

    began = monotonic()
    base = url.partition("/?")[0]
    while monotonic() - began < READY_WITHIN:
        try:
            if httpx.get(f"{base}/readyz", timeout=5).is_success:
                break
        except httpx.TransportError:
            pass
        sleep(0.1)
    else:
        remarks.print("The server is not ready yet; `ethogram doctor` says more.")
        return
    remarks.print(f"Ready in {monotonic() - began:.1f} s: {url}", soft_wrap=True, highlight=False)
    if simulated:
        remarks.print(f"The simulated shop itself: {base}/storefront/", highlight=False)
    ready(url)
