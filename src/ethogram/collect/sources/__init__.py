"""Other people's data: files."""
