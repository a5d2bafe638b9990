"""Other people's systems, read by dlt: databases, REST APIs, and sources that somebody wrote."""
