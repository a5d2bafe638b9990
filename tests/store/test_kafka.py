"""Topics of a real broker are read from any place, whole and in order."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from tests.brokers import broker
from tests.serving import eventually

from ethogram.events.errors import Broken, Busy, Invalid, NotFound
from ethogram.store.log import kafka
from ethogram.store.log.kafka import Span, Topic

names = (f"topic-{number}" for number in count())


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with broker() as address:
        yield address


def made(address: str, partitions: int = 1, **settings: str) -> str:
    """A new topic."""
    name = next(names)
    new = NewTopic(name, partitions, config=settings)
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([new])[name].result(30)
    known(admin, name)
    return name


def known(admin: AdminClient, name: str) -> None:
    """Wait until the broker says that it has the topic, which it does after making it."""
    for _ in eventually("the topic is there"):
        if name in admin.list_topics().topics:
            break


def told(address: str, topic: str, messages: int, **more: object) -> None:
    """Send so many messages, their numbers, by a transaction where ``more`` says its name."""
    producer = Producer({"bootstrap.servers": address, **more})
    if more:
        producer.init_transactions()
        producer.begin_transaction()
    for number in range(messages):
        partition = number % len(producer.list_topics(topic).topics[topic].partitions)
        producer.produce(topic, str(number).encode(), partition=partition, timestamp=1000 + number)
    if more:
        producer.commit_transaction()
    producer.flush(30)


def test_every_message_comes_once_and_in_order(address: str) -> None:
    """Each partition is read from its first place to the end it had."""
    topic = Topic(address, made(address, partitions=3))
    told(address, topic.name, 100)
    spans = topic.spans()
    assert [(span.first, span.end) for span in spans] == [(0, 34), (0, 33), (0, 33)]
    for span in spans:
        parts = list(topic.read(span, 10))
        assert max(map(len, parts)) == 10
        read = [message for part in parts for message in part]
        assert [message.place for message in read] == list(range(span.end))
        numbers = [number for number in range(100) if number % 3 == span.partition]
        assert [int(message.value or b"") for message in read] == numbers
        assert [message.time for message in read] == [(1000 + each) * 1000 for each in numbers]
    topic.close()


def test_reading_goes_on_at_any_place(address: str) -> None:
    """What lies before the first place, or at the end and behind it, is not read."""
    topic = Topic(address, made(address))
    told(address, topic.name, 50)
    (part,) = topic.read(Span(0, 20, 30), 1000)
    assert [message.place for message in part] == list(range(20, 30))
    assert list(topic.read(Span(0, 50, 50), 1000)) == []
    topic.close()


def test_a_transactions_marks_are_no_messages(address: str) -> None:
    """Places without a message, such as a transaction's end, end a span and hold nothing up."""
    topic = Topic(address, made(address))
    told(address, topic.name, 5, **{"transactional.id": "shop"})
    for _ in eventually("the transaction's end is seen"):
        (span,) = topic.spans()
        if span.end == 6:
            break
    read = [message for part in topic.read(span, 1000) for message in part]
    assert [int(message.value or b"") for message in read] == list(range(5))
    topic.close()


def test_messages_that_are_gone_are_said(address: str) -> None:
    """A place that the broker has deleted is no silent gap."""
    topic = Topic(address, made(address))
    told(address, topic.name, 10)
    admin = AdminClient({"bootstrap.servers": address})
    for done in admin.delete_records([TopicPartition(topic.name, 0, 4)]).values():
        done.result(30)
    assert [(span.first, span.end) for span in topic.spans()] == [(4, 10)]
    with pytest.raises(Broken) as gone:
        list(topic.read(Span(0, 0, 10), 1000))
    assert gone.value.code == "topic_shortened"
    topic.close()


def test_a_topic_made_anew_has_another_id(address: str) -> None:
    """Places of a topic that was deleted mean nothing in the one that has its name now."""
    name = made(address)
    before = Topic(address, name)
    admin = AdminClient({"bootstrap.servers": address})
    admin.delete_topics([name])[name].result(30)
    while True:
        try:
            admin.create_topics([NewTopic(name, 1)])[name].result(30)
            break
        except Exception as error:  # noqa: BLE001 - it is still being deleted
            assert "exist" in str(error)
    for _ in eventually("the new topic is known everywhere"):
        with suppress(NotFound):
            if (after := Topic(address, name).id) != before.id:
                break
    assert after != before.id


def test_what_is_wrong_is_said(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No topic, a wrong option and no broker are three errors, each with what to do."""
    with pytest.raises(NotFound):
        Topic(address, "no-such-topic")
    with pytest.raises(Invalid) as wrong:
        Topic(address, "t", {"no.such.option": "1"})
    assert "no.such.option" in wrong.value.message
    monkeypatch.setattr(kafka, "SECONDS", 1.0)
    with pytest.raises(Busy) as away:
        Topic("127.0.0.1:1", "t", {"socket.timeout.ms": "1000"})
    assert away.value.code == "kafka_away"
