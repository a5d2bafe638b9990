"""Code that is written from the tracking plan, so that a mistake shows before an event is sent."""
