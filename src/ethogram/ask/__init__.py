"""What can be asked of behaviour."""
