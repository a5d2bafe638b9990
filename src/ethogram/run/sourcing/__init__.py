"""Running sources: other people's systems are read, now and on a schedule."""
