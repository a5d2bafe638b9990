"""An answer becomes a figure."""
