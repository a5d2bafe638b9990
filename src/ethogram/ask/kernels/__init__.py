"""Numeric functions, arrays in and arrays out; NumPy and Numba only.

Numba keeps what it has compiled beside the source, or, where that cannot be written, in the
user's cache folder (``$XDG_CACHE_HOME/numba``). Where neither can be, it refuses to begin: then
it is a temporary folder, and every start compiles anew.
"""
# pyright: reportAttributeAccessIssue=false
# Numba's settings are made when it is imported.

import atexit
import shutil
import tempfile

from numba import config, njit


def _kept() -> None:
    """Something to compile."""


try:
    njit(cache=True)(_kept)
except RuntimeError:
    config.CACHE_DIR = tempfile.mkdtemp(prefix="ethogram-kernels-")
    atexit.register(shutil.rmtree, config.CACHE_DIR, ignore_errors=True)
