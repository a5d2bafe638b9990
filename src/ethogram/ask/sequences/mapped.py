"""Files as arrays in memory, without an open descriptor each.

Python's `mmap` keeps a duplicate of the descriptor (until 3.13 can be told not to), and an index
of hundreds of properties has more files than a process may have open.
"""

import ctypes
import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_C = ctypes.CDLL(None, use_errno=True)
_C.mmap.restype = ctypes.c_void_p
_C.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
_C.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_C.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_FAILED = ctypes.c_void_p(-1).value


class _Mapping:
    """A file's pages, for as long as an array shows them."""

    def __init__(self, path: Path, size: int) -> None:
        self._size = 0
        handle = os.open(path, os.O_RDONLY)
        try:
            address = _C.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, handle, 0)
        finally:
            os.close(handle)
        if address == _FAILED:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
        self._address, self._size = address, size
        self.__array_interface__ = {
            "version": 3,
            "shape": (size,),
            "typestr": "|u1",
            "data": (address, True),
        }

    def leave(self, address: int, size: int) -> None:
        """Give back the whole pages among ``size`` bytes; they are mapped anew when read."""
        first = -(-address // mmap.PAGESIZE) * mmap.PAGESIZE
        last = (address + size) // mmap.PAGESIZE * mmap.PAGESIZE
        if first < last:
            _C.madvise(first, last - first, mmap.MADV_DONTNEED)

    def __del__(self) -> None:
        if self._size:
            _C.munmap(self._address, self._size)


def mapped(path: Path, dtype: npt.DTypeLike, size: int) -> npt.NDArray[Any]:
    """The file's ``size`` bytes, more than 0, as a read-only array. Raises `OSError`."""
    return np.asarray(_Mapping(path, size)).view(dtype)


def leave(array: npt.NDArray[Any], first: int, last: int) -> None:
    """Let the entries ``first:last`` of an array that shows a file no longer count as resident.

    The system keeps the file's pages as long as it has room, so that reading them again is cheap.
    An array that shows no file is left alone.
    """
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if isinstance(owner, _Mapping):
        owner.leave(array.ctypes.data + first * array.itemsize, (last - first) * array.itemsize)
