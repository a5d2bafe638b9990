"""Which names of a client's own may be repeated in the open: in an error, a finding, an answer."""

import re

_HARMLESS = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.-]{0,63}")


def repeatable(name: str) -> bool:
    """Whether ``name`` reads like an identifier; an address or a telephone number never does.

    >>> repeatable("userid"), repeatable("ann@example.org"), repeatable("+49 30 123456")
    (True, False, False)
    """
    return _HARMLESS.fullmatch(name) is not None
