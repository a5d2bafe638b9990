"""Text that a spreadsheet would run as a formula, made text again for files of commas.

An apostrophe before it, as OWASP's page on CSV injection has it. Numbers that are written as text
stay what they are, and numbers have a type of their own.
"""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

import re

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
NUMBER = r"^[+-]?[0-9]+([.,][0-9]+)*([eE][+-]?[0-9]+)?%?$"


def harmless(table: pa.Table) -> pa.Table:
    """``table``, in which no text and no column's name is a formula."""
    for at, field in enumerate(table.schema):
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            table = table.set_column(at, field.name, _column(table[at].cast(kind)))
    return table.rename_columns([harmless_text(name) for name in table.column_names])


def harmless_text(said: str) -> str:
    """The same of one text.

    >>> harmless_text("=1+1"), harmless_text("-5"), harmless_text("a=1")
    ("'=1+1", '-5', 'a=1')
    """
    is_formula = re.match(FORMULA, said) and not re.match(NUMBER, said)
    return f"'{said}" if is_formula else said


def csv_of(frame: pl.DataFrame) -> str:
    """``frame`` as CSV with a header."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    return pl.DataFrame(pl.from_arrow(harmless(table))).write_csv()


def _column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    begins = pc.match_substring_regex(column, FORMULA)
    is_formula = pc.and_not(begins, pc.match_substring_regex(column, NUMBER))
    marked = pc.binary_join_element_wise(pa.scalar("'", column.type), column,
                                         pa.scalar("", column.type))  # fmt: skip
    return pc.if_else(is_formula, marked, column)
