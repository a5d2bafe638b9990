"""What can only be measured on a running server: ingestion and freshness."""
