"""Prints the OpenAPI document of the real questions, of which the site's types are made.

python -m ethogram.show.api.document | (cd web && npm run types)
"""

import sys

import msgspec

from ethogram.ask.questions.catalog import CATALOG
from ethogram.show.api.openapi import document
from ethogram.show.api.routes import operations


def written() -> bytes:
    """The document as JSON."""
    questions = {name: question.spec for name, question in CATALOG.items()}
    return msgspec.json.format(msgspec.json.encode(document(operations(questions)))) + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(written())
