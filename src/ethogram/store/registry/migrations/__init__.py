"""How the registry's tables became what they are; Alembic runs what is new when it is opened."""
