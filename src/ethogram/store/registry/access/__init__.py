"""Accounts, sessions, tokens, roles and the audit of a workspace, as rows of one database."""
