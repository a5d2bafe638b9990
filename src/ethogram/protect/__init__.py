"""Who may look and what is sealed: keys, vault, sealing, detectors."""
