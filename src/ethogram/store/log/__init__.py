"""The append-only log: port, memory twin, SQLite."""
