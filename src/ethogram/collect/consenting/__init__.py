"""Consent at the door: what clients say of it becomes records, and what needs it waits for them."""
