"""``ethogram serve`` and ``ethogram demo``."""

import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Annotated

import typer

from ethogram.run.cli.terminal import HERE, Workspace, failing, remarks

if TYPE_CHECKING:
    from ethogram.run.settings import Settings
    from ethogram.run.workspace import Workspace as Opened

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
    from ethogram.run.acceptor import accept
    from ethogram.run.settings import load
    from ethogram.run.workspace import open_workspace

    workspace = open_workspace(folder)
    settings = load(workspace.folder, {"host": host, "port": port})
    url = _address(workspace, settings)
    threading.Thread(target=_announce, args=(url, settings.simulated, ready), daemon=True).start()
    status = accept(workspace, settings)
    if status:
        raise typer.Exit(status)


def _address(workspace: "Opened", settings: "Settings") -> str:
    """The address to open: with the read key, where only this machine reaches the server and
    nobody has an account; where others reach it and nobody has one, the code for the first is said.
    """
    from ethogram.run import assembly
    from ethogram.show.api.guard import LOOPBACK

    base = f"http://{settings.host}:{settings.port}/"
    is_open = settings.host in LOOPBACK
    # The desk is heavy to import, and a new workspace on this machine has none to ask.
    if not is_open or (workspace.folder / "access.sqlite").exists():
        from ethogram.protect.access.accounts import set_up_code

        desk = assembly.desk(workspace)
        has_accounts = desk.has_accounts()
        if not has_accounts and not is_open:
            said = f"Nobody has an account yet. The code to make the first: {set_up_code(desk)}"
            remarks.print(said, soft_wrap=True, highlight=False)
        desk.close()
        if has_accounts or not is_open:
            return base
    vault = assembly.vault(workspace, "default")
    key = vault.keyring.access("read")
    vault.close()
    return f"{base}?key={key}"


def _announce(url: str, simulated: bool, ready: Callable[[str], object]) -> None:
    """Say the address once the server can answer there."""
    import httpx

    began = monotonic()
    base = url.partition("?")[0].rstrip("/")
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
