"""The site's types are those of the API."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from ethogram.events.added import OF_THE_TRACKER
from ethogram.show.api.document import written

WEB = Path(__file__).parents[2] / "web"
MAKER = WEB / "node_modules/.bin/openapi-typescript"


@pytest.mark.skipif(not MAKER.exists(), reason="node_modules is missing: npm ci in web/")
def test_the_sites_types_are_not_stale() -> None:
    """What `npm run types` makes of the document is the file that is committed."""
    script = json.loads((WEB / "package.json").read_text())["scripts"]["types"]
    _, *options, output, file = shlex.split(script)
    assert output == "--output"
    made = subprocess.run([MAKER, *options], input=written(), capture_output=True, check=True)
    assert made.stdout.decode() == (WEB / file).read_text(), (
        "make them anew: python -m ethogram.show.api.document | (cd web && npm run types)"
    )


def test_the_site_knows_what_the_tracker_says_by_itself() -> None:
    """The events that no question begins with are the same in the site and behind it."""
    source = (WEB / "src/pages/start.ts").read_text()
    (listed,) = re.findall(r"new Set\(\[(.*?)\]\)", source, re.DOTALL)
    assert set(re.findall(r'"(\w+)"', listed)) == OF_THE_TRACKER
