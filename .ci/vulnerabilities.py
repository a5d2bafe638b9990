"""Known vulnerabilities of what constraints.txt pins: any is a failure.

The data comes from a service. Where that cannot be reached, which one package tells, this says so
and passes.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path


def audited(pins: list[str]) -> list[dict] | None:
    """What pip-audit says of each of ``pins``; None where it can say nothing of any."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(pins))
        file.flush()
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--format=json",
             "--progress-spinner=off", "--requirement", file.name],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None
    return None if all("skip_reason" in each for each in found) else found


def main(constraints: str) -> int:
    """The exit status, and in words what was found."""
    pins = Path(constraints).read_text().splitlines()
    found = audited(pins[:1]) and audited(pins)
    if found is None:
        print("Vulnerabilities cannot be looked up from here: nothing was checked.")
        return 0
    bad = [each for each in found if each.get("vulns")]
    for each in bad:
        ids = ", ".join(vulnerability["id"] for vulnerability in each["vulns"])
        print(f"{each['name']} {each['version']}: {ids}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
