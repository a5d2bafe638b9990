"""Who may look: permissions, roles, accounts, sessions, tokens, and the trail of what was done."""
