"""Sixty-four at a time: which events have a code, and which units have such an event."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import njit, types
from numba.cpython.unsafe.numbers import leading_zeros, trailing_zeros
from numba.extending import intrinsic

from ethogram.ask.kernels.events import Bytes, Codes, Int32s, Int64s

Words: TypeAlias = npt.NDArray[np.uint64]
ONE = np.uint64(1)
FEW = 12
"""Up to so many codes, comparing 64 events with each (`one_of`) beats `marked`."""


def _build_mask(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array, at, wanted = arguments
    kind = signature.args[0]
    data = context.make_array(kind)(context, builder, array).data
    many = ir.VectorType(context.get_value_type(kind.dtype), 64)
    here = builder.bitcast(builder.gep(data, [at]), many.as_pointer())
    ahead = builder.load(here, align=kind.dtype.bitwidth // 8)
    nothing = ir.Constant(many, ir.Undefined)
    one = builder.insert_element(nothing, wanted, ir.IntType(32)(0))
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), 64), [0] * 64)
    same = builder.icmp_unsigned("==", ahead, builder.shuffle_vector(one, nothing, lanes))
    return builder.bitcast(same, ir.IntType(64))


@intrinsic
def _mask(context: Any, codes: Any, i: Any, code: Any) -> Any:  # noqa: ARG001 - as Numba calls it
    return types.uint64(codes, types.intp, codes.dtype), _build_mask


@njit(nogil=True, cache=True)
def mask(codes: Codes, i: int, code: int) -> np.uint64:
    """Bit x says that ``codes[i + x]`` is ``code``; ``codes`` may be read 64 beyond its end."""
    # In LLVM's own words: one comparison of 64 codes, where a loop becomes seven times the work.
    return _mask(codes, i, code)  # pyright: ignore[reportCallIssue]


@njit(nogil=True, cache=True)
def between(codes: Codes, i: int, low: np.integer, high: np.integer) -> np.uint64:
    """Bit x says that ``codes[i + x]`` is one from ``low`` to ``high``."""
    ahead = codes[i : i + 64]
    bits = np.uint64(0)
    for x in range(64):
        bits |= np.uint64((ahead[x] >= low) & (ahead[x] <= high)) << np.uint64(x)
    return bits


@njit(nogil=True, cache=True)
def one_of(symbols: Codes, i: int, codes: Codes) -> np.uint64:
    """Bit x says that ``symbols[i + x]`` is one of a few ``codes``."""
    bits = np.uint64(0)
    for k in range(len(codes)):
        bits |= mask(symbols, i, codes[k])
    return bits


@njit(nogil=True, cache=True)
def marked(symbols: Codes, i: int, table: Bytes) -> np.uint64:
    """Bit x says that ``symbols[i + x]`` has a mark in ``table``."""
    bits = np.uint64(0)
    for x in range(64):
        bits |= np.uint64(table[symbols[i + x]] != 0) << np.uint64(x)
    return bits


@njit(nogil=True, cache=True)
def below(n: int) -> np.uint64:
    """The bits 0 to n - 1, of at most 64."""
    return (ONE << np.uint64(n)) - ONE if n < 64 else ~np.uint64(0)


@njit(nogil=True, cache=True)
def lowest(bits: np.uint64) -> int:
    """The number of the lowest bit that is set, of at least one."""
    return np.int64(trailing_zeros(bits))  # pyright: ignore[reportCallIssue]


@njit(nogil=True, cache=True)
def highest(bits: np.uint64) -> int:
    """The number of the highest bit that is set, of at least one."""
    return 63 - np.int64(leading_zeros(bits))  # pyright: ignore[reportCallIssue]


@njit(nogil=True, cache=True)
def presence(codes: Codes, offsets: Int64s, code: int) -> Words:
    """Bit ``u % 64`` of word ``u // 64``: unit ``u`` has an event of this code."""
    units = len(offsets) - 1
    words = np.zeros((units + 63) >> 6, np.uint64)
    for u in range(units):
        for i in range(offsets[u], offsets[u + 1], 64):
            if mask(codes, i, code) & below(offsets[u + 1] - i):
                words[u >> 6] |= ONE << np.uint64(u & 63)
                break
    return words


@njit(nogil=True, cache=True)
def ties(seconds: Int32s, micros: Int32s, offsets: Int64s) -> Words:
    """Bit ``u % 64`` of word ``u // 64``: two events of unit ``u`` share an instant."""
    units = len(offsets) - 1
    words = np.zeros((units + 63) >> 6, np.uint64)
    for u in range(units):
        for i in range(offsets[u] + 1, offsets[u + 1]):
            if seconds[i] == seconds[i - 1] and micros[i] == micros[i - 1]:
                words[u >> 6] |= ONE << np.uint64(u & 63)
                break
    return words
