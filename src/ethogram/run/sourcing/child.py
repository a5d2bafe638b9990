"""The process of one scheduled run; it ends with the server that started it."""

import os
import sys
import threading
from pathlib import Path

from ethogram.events.errors import EthogramError
from ethogram.run.opening import open_
from ethogram.run.supervisor import end_with_parent


def main(folder: str, project: str, name: str) -> int:
    """Run the source ``name`` once; what it failed with is noted, and on standard error."""
    orphaned = threading.Event()
    end_with_parent(orphaned)
    threading.Thread(target=_end, args=(orphaned,), daemon=True).start()
    try:
        with open_(Path(folder), project, create=False) as shop:
            shop.sources.run(name)
    except EthogramError as error:
        print(f"The source {name!r} failed: {error}", file=sys.stderr)
        return 1
    return 0


def _end(orphaned: threading.Event) -> None:
    """A run may be cut off anywhere."""
    orphaned.wait()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
