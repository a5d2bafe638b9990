"""Topics of Kafka as a source: how far each partition was read is kept with its events.

A place and the events before it go into the log in one commit, so a run that was cut off goes on
exactly where it was.
"""

from contextlib import closing

from ethogram.collect.door import Step
from ethogram.collect.sources.systems.definition import Kafka, Source
from ethogram.collect.sources.systems.messages import Messages
from ethogram.events.errors import Broken, EthogramError
from ethogram.run.importing import Imported, Target
from ethogram.run.sourcing.means import Means
from ethogram.store.log.kafka import Span, Topic

AT_A_TIME = 2_000
"""Messages that go through the door together."""


def read_topics(name: str, source: Source, kafka: Kafka, means: Means, done: Imported) -> None:
    """Read what the topics of the source called ``name`` hold by now; ``done`` counts it.

    Messages that the broker has let go of before they were read are passed over. Raises what
    `Topic` raises, without secrets, and `Broken` where a partition holds less than was read of it.
    """
    servers, options = means.secrets.filled(kafka.servers), means.secrets.filled(kafka.options)
    for topic, table in source.tables.items():
        try:
            with closing(Topic(servers, topic, options)) as opened:
                for span in opened.spans():
                    mark = f"source:{name}:{opened.id}:{span.partition}"
                    messages = Messages(name, topic, table, mark, means.key)
                    _read(opened, span, messages, means.target, done)
        except EthogramError as error:
            hidden = means.secrets.hidden
            raise type(error)(error.code, hidden(error.message), at=hidden(error.at),
                              hint=error.hint) from None  # fmt: skip
    means.target.flush()


def _read(topic: Topic, span: Span, messages: Messages, target: Target, done: Imported) -> None:
    """Bring in one partition from where the last run ended."""
    at = target.imported(messages.mark)
    if at > span.end:
        raise Broken(
            "topic_shortened",
            f"Partition {span.partition} of {topic.name!r} ends at {span.end:,}, and {at:,} of it"
            " were read.",
            hint="The broker lost messages. Give the source another name to read it all anew.",
        )
    rest = Span(span.partition, max(at, span.first), span.end)
    for told in topic.read(rest, AT_A_TIME):
        done.read += len(told)
        for claims, end in messages.stretches(told):
            done.count(target.append_claims(claims, Step(messages.mark, at, end)))
            at = end
