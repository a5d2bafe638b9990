"""The tables of who may look, as the newest migration leaves them.

Secrets are not here: of a credential there is its fingerprint, of a password its argon2id hash,
of a shared secret what the workspace's key has sealed. Instants are microseconds since 1970.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData()

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("password", Text),
    Column("second", LargeBinary),
    Column("second_step", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)
IDENTITIES = Table(
    "identities",
    METADATA,
    Column("issuer", String(500), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("account", String(32), nullable=False),
    Index("identities_of", "account"),
)
RECOVERY = Table(
    "recovery_codes",
    METADATA,
    Column("account", String(32), primary_key=True),
    Column("code", LargeBinary(32), primary_key=True),
)
MEMBERSHIPS = Table(
    "memberships",
    METADATA,
    Column("account", String(32), primary_key=True),
    Column("project", String(63), primary_key=True),
    Column("role", String(100), nullable=False),
)
INVITATIONS = Table(
    "invitations",
    METADATA,
    Column("code", LargeBinary(32), primary_key=True),
    Column("email", String(320), nullable=False),
    Column("project", String(63), nullable=False),
    Column("role", String(100), nullable=False),
    Column("made_by", String(100), nullable=False),
    Column("until", BigInteger, nullable=False),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("code", LargeBinary(32), primary_key=True),
    Column("account", String(32), nullable=False),
    Column("project", String(63), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
    Index("sessions_of", "account"),
)
TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("code", LargeBinary(32), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("project", String(63), nullable=False),
    Column("permissions", JSON, nullable=False),
    Column("made_by", String(100), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("used_at", BigInteger),
    Column("revoked_at", BigInteger),
)
ROLES = Table(
    "roles",
    METADATA,
    Column("project", String(63), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("body", JSON, nullable=False),
)
TRIES = Table(
    "tries",
    METADATA,
    Column("subject", LargeBinary(32), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)
KEPT = Table(
    "kept",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
AUDIT = Table(
    "audit",
    METADATA,
    Column("project", String(63), primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("entry", LargeBinary, nullable=False),
    Column("link", LargeBinary(32), nullable=False),
)
AUDIT_ENDS = Table(
    "audit_ends",
    METADATA,
    Column("project", String(63), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("link", LargeBinary(32), nullable=False),
    Column("day", String(10), nullable=False),
)
AUDIT_ROOTS = Table(
    "audit_roots",
    METADATA,
    Column("project", String(63), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("link", LargeBinary(32), nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
)
NOISE_SPENT = Table(
    "noise_spent",
    METADATA,
    Column("project", String(63), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("who", String(100), primary_key=True),
    Column("millionths", BigInteger, nullable=False),
)
NOISE_ANSWERS = Table(
    "noise_answers",
    METADATA,
    Column("project", String(63), primary_key=True),
    Column("key", LargeBinary(32), primary_key=True),
    Column("answer", LargeBinary, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)
