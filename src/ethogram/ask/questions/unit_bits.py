"""Sets of units as words: bit ``u % 64`` of word ``u // 64`` is unit ``u``'s."""

import numpy as np

from ethogram.ask.kernels.bits import Words
from ethogram.ask.sequences.run import Bytes


def bits_of(words: Words, low: int, high: int) -> Words:
    """The bits ``low:high`` of ``words``, from bit 0 on."""
    taken = np.append(words[low >> 6 : (high + 63) >> 6], np.uint64(0))
    shift = np.uint64(low & 63)
    moved = taken[:-1] >> shift
    if shift:
        moved |= taken[1:] << (np.uint64(64) - shift)
    return moved[: (high - low + 63) >> 6]


def living(dead: Bytes) -> Words:
    """A set bit for every unit that is not dead."""
    room = np.zeros(((len(dead) + 63) >> 6) * 8, np.uint8)
    packed = np.packbits(dead == 0, bitorder="little")
    room[: len(packed)] = packed
    return room.view(np.uint64)
