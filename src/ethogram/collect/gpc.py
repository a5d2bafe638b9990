"""What a site says of Global Privacy Control: that a browser's ``Sec-GPC: 1`` is honoured.

The form is that of the W3C's specification, section 3.3 (GPC Support Resource).
"""

from datetime import date

import msgspec

from ethogram.collect.protocols.dialect import Reply

PATH = "/.well-known/gpc.json"


class Support(msgspec.Struct, frozen=True, rename={"last_update": "lastUpdate"}):
    """Whether the signal is honoured (``gpc``), and since when that is said."""

    gpc: bool = True
    last_update: date = date(2026, 1, 1)

    def reply(self) -> Reply:
        """The document."""
        headers = {"cache-control": "max-age=3600", "access-control-allow-origin": "*"}
        return Reply(200, msgspec.json.encode(self), headers)
