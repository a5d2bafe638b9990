"""The doors: bytes become valid events, events go to the log."""
