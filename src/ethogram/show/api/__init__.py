"""Routes: parse, permit, ask, answer."""
