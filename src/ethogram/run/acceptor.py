"""The process that accepts and appends: the only writer of the log.

It listens on the server's address and on a socket of the workspace's own, which only the owner
can open. It keeps the asker running, the process behind it that loads, asks and shows, and
passes on to it every request that is no door's.
"""

import asyncio
import gc
import socket
import sys
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import uvicorn

from ethogram.collect.app import Collector, Limits
from ethogram.collect.gpc import Support
from ethogram.collect.tracker import Tracker
from ethogram.events.errors import Busy
from ethogram.run import assembly, presence
from ethogram.run.gates import ProjectGates
from ethogram.run.keyrings import Keyrings
from ethogram.run.proxy import Proxy
from ethogram.run.settings import Settings
from ethogram.run.supervisor import keep_running, stop_on_signals
from ethogram.run.workspace import Workspace

MAINTAIN_EVERY = 600.0
SWITCH_SECONDS = 0.0005
"""A thread that wants the interpreter gets it soon: commits are short, and requests wait."""
RARE_COLLECTIONS = (20_000, 50, 1000)
"""Events make no cycles, and looking for some is a good part of taking them."""


def accept(workspace: Workspace, settings: Settings) -> int:
    """Serve until told to stop; the exit status, 1 where durability was lost."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*RARE_COLLECTIONS)
    with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
        return runner.run(_serve(workspace, settings))


async def _serve(workspace: Workspace, settings: Settings) -> int:
    keyrings = Keyrings(workspace)
    desk = cache(lambda: assembly.desk(workspace, keyrings))
    gates = ProjectGates(workspace, settings, keyrings, desk)
    try:
        await gates.of(presence.SERVED)
        return await _served(workspace, settings, gates)
    finally:
        await gates.close()
        if desk.cache_info().currsize:
            desk().close()


async def _served(workspace: Workspace, settings: Settings, gates: ProjectGates) -> int:
    listener = _listening(settings)
    with presence.announced(workspace, settings) as here:
        limits = Limits(
            settings.body_limit,
            settings.body_seconds,
            settings.waiting_limit,
            settings.event_limit,
        )
        proxies = settings.trusted_proxies
        proxy = Proxy(here.asker, limits, proxies)
        tracker = Tracker(settings.tracker_path)
        support = _support(workspace, settings)
        collector = Collector(gates, proxy, limits, tracker, proxies=proxies, support=support)
        server = uvicorn.Server(_config(collector))
        stop_on_signals(lambda: setattr(server, "should_exit", True))
        asker = asyncio.create_task(keep_running(_asker(workspace, here)))
        broken = asyncio.create_task(_stop_when_broken(server, gates))
        upkeep = asyncio.create_task(maintain(gates, settings))
        try:
            await server.serve([listener, _local(here.socket)])
        finally:
            for task in (asker, broken, upkeep):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await proxy.close()
        return 1 if gates.broke.is_set() else 0


def _support(workspace: Workspace, settings: Settings) -> Support:
    """What is published of the browsers' signal; since the settings say so."""
    said_at = (workspace.folder / "ethogram.toml").stat().st_mtime
    return Support(settings.gpc == "honour", datetime.fromtimestamp(said_at, UTC).date())


def _config(app: Collector) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


async def maintain(gates: ProjectGates, settings: Settings) -> None:
    """Let go of payloads that every consumer has, and of keys whose window has ended.

    Again and again: what fails is said on standard error and tried again the next time.
    """
    while True:
        await asyncio.sleep(MAINTAIN_EVERY)
        for name, gate in gates.open.items():
            try:
                await gate.commits.maintain(int(settings.keep_log * 1_000_000))
            except Exception as error:  # noqa: BLE001 - whatever it is, events are still accepted
                said = f"The log of {name!r} could not be tidied, and will be tried again: {error}"
                print(said, file=sys.stderr)


async def _stop_when_broken(server: uvicorn.Server, gates: ProjectGates) -> None:
    """A log that may not be durable must be opened afresh, so the process ends."""
    await gates.broke.wait()
    for gate in gates.open.values():
        if gate.commits.broken:
            print(gate.commits.broken.__cause__, file=sys.stderr)
    server.should_exit = True


def _asker(workspace: Workspace, here: presence.Presence) -> list[str]:
    return [
        sys.executable,
        "-m",
        "ethogram.run.asker",
        str(workspace.folder),
        str(here.socket),
        str(here.asker),
        str(here.owner),
    ]


def _listening(settings: Settings) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise Busy(
            "no_address",
            f"The server cannot listen there: {error}.",
            at=f"{settings.host}:{settings.port}",
            hint="Choose another address by --port or --host.",
        ) from None
    return listener


def _local(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    return listener
