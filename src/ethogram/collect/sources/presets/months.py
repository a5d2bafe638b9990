"""English names of months, as logs write them."""
# pyright: reportAttributeAccessIssue=false
# The functions of pyarrow.compute are made when it is imported.

import calendar

import pyarrow as pa
import pyarrow.compute as pc

_NAMES = pa.array(calendar.month_abbr[1:])
_NUMBERS = pa.array([f"{month:02d}" for month in range(1, 13)])


def month_numbers(names: pa.StringArray) -> pa.StringArray:
    """Two digits for each name, ``00`` for what is none.

    >>> month_numbers(pa.array(["Mar", "Mon"])).to_pylist()
    ['03', '00']
    """
    return pc.fill_null(_NUMBERS.take(pc.index_in(names, _NAMES)), "00")
