"""Figures side by side with peers: the same events, the same questions, one run, medians.

    python -m benchmarks                     questions beside chDB, DuckDB and Polars
    python -m benchmarks.memory              what a question needs of its own
    python -m benchmarks.import_speed        a CSV file, beside DuckDB
    python -m benchmarks.served.ingest       CPU to acknowledgement, beside a bare handler
    python -m benchmarks.served.freshness    from acknowledgement to visibility

Each takes ``--help``, and ``--keep NAME`` writes the result below ``results/``.
"""
