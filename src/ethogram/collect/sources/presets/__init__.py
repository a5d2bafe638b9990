"""Files of known programs and vendors, one module each."""
