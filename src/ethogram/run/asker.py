"""The process that loads, asks and shows. It writes lakes and indexes; logs it only reads."""

import socket
import sys
import threading
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from ethogram.ask.engines.warming import warm
from ethogram.events.errors import EthogramError
from ethogram.run import assembly
from ethogram.run.demo.serving import storefront
from ethogram.run.installed import Installed
from ethogram.run.keyrings import Keyrings
from ethogram.run.presence import SERVED
from ethogram.run.projects import Projects
from ethogram.run.settings import load
from ethogram.run.supervisor import end_with_parent, stop_on_signals
from ethogram.run.workspace import open_workspace
from ethogram.show.api.app import app


def main(folder: str, writer: str, own_socket: str, owner: str) -> None:
    """Serve the workspace in ``folder`` on ``own_socket`` until the parent is gone.

    ``writer`` is the accepting process's. On ``owner`` the machine's owner is answered.
    """
    stop = threading.Event()
    end_with_parent(stop)
    stop_on_signals(stop.set)
    threading.Thread(target=warm, name="warm", daemon=True).start()
    workspace = open_workspace(Path(folder), create=False)
    settings = load(workspace.folder, {})
    keyrings = Keyrings(workspace)
    desk = assembly.desk(workspace, keyrings)
    projects = Projects(workspace, Path(writer), settings, keyrings, stop)
    projects.of(SERVED)
    provider = assembly.provider(workspace, settings)
    made = app(Installed(desk, projects, settings, provider), settings.hosts, owner)
    if settings.simulated:
        _add_storefront(made, keyrings()[SERVED].access("write"))
    config = uvicorn.Config(
        made, lifespan="off", access_log=False, log_level="warning", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    following = threading.Thread(target=projects.follow, name="projects")
    following.start()
    threading.Thread(target=_end, args=(server, stop), name="end", daemon=True).start()
    server.run([_listening(own_socket), _listening(owner)])
    stop.set()
    following.join()
    projects.close()
    desk.close()


def _add_storefront(made: Starlette, key: str) -> None:
    made.router.routes.insert(0, Mount("/storefront", storefront(key)))


def _listening(path: str) -> socket.socket:
    Path(path).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    return listener


def _end(server: uvicorn.Server, stop: threading.Event) -> None:
    stop.wait()
    server.should_exit = True


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except EthogramError as error:
        sys.exit(str(error))
