"""The state of compliance: what is held, who may see it, and each law's controls beside it."""
