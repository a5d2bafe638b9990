"""One running installation."""
