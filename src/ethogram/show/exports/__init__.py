"""Out again, by dlt: a table, an answer or what SQL finds goes to another system."""
