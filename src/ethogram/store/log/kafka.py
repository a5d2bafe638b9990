"""Kafka's topics, read from any place. Where a reader is, its own log says; no group is joined."""

import logging
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

import msgspec
from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from ethogram.events.errors import Broken, Busy, EthogramError, Invalid, NotFound
from ethogram.events.event import Instant

_QUIET = logging.getLogger("ethogram.kafka")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False

SECONDS = 15.0
"""So long a broker may take to answer."""
_BREATH = 0.2
"""Seconds that a piece may wait to be full."""
_MILLISECOND = 1000
_NOT_THERE = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_EXCEPTION)
_GONE = (KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET)
_REFUSED = (
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError._AUTHENTICATION,
)


class Told(msgspec.Struct, frozen=True, gc=False):
    """One message: ``place`` is its offset, ``time`` when it was made, None where nobody said."""

    place: int
    time: Instant | None
    value: bytes | None


class Span(msgspec.Struct, frozen=True):
    """What a partition holds: its places from ``first`` up to, and not including, ``end``."""

    partition: int
    first: int
    end: int


class Topic:
    """The topic ``name`` of the cluster behind ``servers`` (``host:port``, comma between).

    ``options`` are librdkafka's, such as ``security.protocol``. Raises `NotFound` where there is
    no such topic, `Invalid` where the options are wrong or access is refused, `Busy` where no
    broker answers; so do all methods.
    """

    def __init__(self, servers: str, name: str, options: Mapping[str, str] | None = None) -> None:
        self.name = name
        settings: dict[str, Any] = {
            **(options or {}),
            "bootstrap.servers": servers,
            "logger": _QUIET,
        }
        own: dict[str, Any] = {
            "group.id": "ethogram",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
        }
        with _said(servers, name):
            try:
                self._consumer = Consumer(settings | own)
                admin = AdminClient(settings)
            except (KafkaException, TypeError, ValueError) as error:
                raise Invalid("bad_kafka_options", _words(error), at=servers) from None
            asked = admin.describe_topics(TopicCollection([name]), request_timeout=SECONDS)
            found = asked[name].result(SECONDS)
        self.id = str(found.topic_id)
        """Another one where the topic was deleted and made anew."""
        self.partitions = sorted(each.id for each in found.partitions)
        self._servers = servers

    def spans(self) -> list[Span]:
        """What each partition holds now."""
        with _said(self._servers, self.name):
            return [Span(each, *self._marks(each)) for each in self.partitions]

    def _marks(self, partition: int) -> tuple[int, int]:
        at = TopicPartition(self.name, partition)
        return self._consumer.get_watermark_offsets(at, timeout=SECONDS)

    def read(self, span: Span, limit: int) -> Iterator[list[Told]]:
        """The messages of ``span`` in their order, at most ``limit`` at a time.

        Raises `Broken` where some of them are gone by now.
        """
        with _said(self._servers, self.name):
            self._consumer.assign([TopicPartition(self.name, span.partition, span.first)])
            place, until = span.first, monotonic() + SECONDS
            while place < span.end:
                most = min(limit, span.end - place)
                messages = self._consumer.consume(most, timeout=_BREATH)
                told, ended = _told(messages, span.end)
                if told:
                    yield told
                    place, until = told[-1].place + 1, monotonic() + SECONDS
                if ended:
                    break
                if monotonic() > until:
                    raise TimeoutError
            self._consumer.unassign()

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()


def _told(messages: list[Message], end: int) -> tuple[list[Told], bool]:
    """The messages before ``end``, and whether no more come before it."""
    told: list[Told] = []
    for message in messages:
        error, place = message.error(), message.offset()
        if error is not None and error.code() == KafkaError._PARTITION_EOF:
            return told, True
        if error is not None:
            raise KafkaException(error)
        assert place is not None
        if place >= end:
            return told, True
        kind, milliseconds = message.timestamp()
        time = milliseconds * _MILLISECOND if kind else None
        told.append(Told(place, time, message.value()))
    return told, False


def _words(error: Exception) -> str:
    said = error.args[0]
    return f"{said.str() if isinstance(said, KafkaError) else error}."


@contextmanager
def _said(servers: str, topic: str) -> Generator[None]:
    """What Kafka raises, in our words."""
    try:
        yield
    except TimeoutError:
        raise _away("no answer in time", servers) from None
    except KafkaException as error:
        raise _error(error.args[0], servers, topic) from None


def _error(said: KafkaError, servers: str, topic: str) -> EthogramError:
    code, words = said.code(), said.str()
    if code in _NOT_THERE:
        message = f"There is no topic {topic!r}."
        return NotFound("no_topic", message, at=servers, hint="Check its name.")
    if code in _REFUSED:
        message = f"Kafka does not let us read {topic!r}: {words}."
        hint = "Check sasl.username and sasl.password, and what the user may read."
        return Invalid("kafka_refused", message, at=servers, hint=hint)
    if code in _GONE:
        message = f"Messages of {topic!r} were deleted while they were read."
        hint = "Start again: it goes on with the first message that is still there."
        return Broken("topic_shortened", message, at=servers, hint=hint)
    return _away(words, servers)


def _away(why: str, servers: str) -> Busy:
    return Busy(
        "kafka_away",
        f"Kafka does not answer: {why}.",
        at=servers,
        hint="Check the address; what was read stays, and the next run goes on there.",
    )
