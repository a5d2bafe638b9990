"""What persons allow, purpose by purpose: records that are only ever added to.

A record says that a person gave a purpose, or withdrew it, and when. What holds is a function of
the set of records (`words`).
"""
