"""Documents for people to read, send and file."""
