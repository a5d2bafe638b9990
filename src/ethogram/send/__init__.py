"""The Python client: events on their way to a server, kept on disk until they are there."""
