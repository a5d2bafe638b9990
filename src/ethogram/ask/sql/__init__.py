"""SQL for what no question asks: DuckDB over the lake, in a process of its own."""
