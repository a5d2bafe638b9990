"""Saved definitions, and every version that they ever had."""
