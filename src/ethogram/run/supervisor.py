"""Keeps a child process running: started again when it ends, ended with its parent."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0


async def keep_running(command: Sequence[str]) -> None:
    """Run ``command`` again whenever it ends, with growing pauses, until cancelled.

    Its standard input is a pipe that closes with this process, however that ends.
    """
    pause = FIRST_PAUSE
    loop = asyncio.get_running_loop()
    while True:
        started = loop.time()
        child = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
        try:
            status = await child.wait()
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                child.terminate()
            await child.wait()
            raise
        if loop.time() - started > LONGEST_PAUSE:
            pause = FIRST_PAUSE
        print(f"A process ended with {status}; again in {pause:g} s.", file=sys.stderr)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def stop_on_signals(stop: Callable[[], object]) -> None:
    """Call ``stop`` on SIGINT and SIGTERM, so that the process ends by closing what is open.

    uvicorn raises a signal again once it has stopped, which would end the process before that.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop())


def end_with_parent(stop: threading.Event) -> None:
    """Set ``stop`` when standard input closes: the parent is gone."""

    def watch() -> None:
        # Not by sys.stdin: a reader that waits holds its lock, and the interpreter cannot end.
        while os.read(0, 1024):
            pass
        stop.set()

    threading.Thread(target=watch, name="parent", daemon=True).start()
