"""A real Kafka broker on loopback, for the tests that need one."""

import base64
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from tests.serving import eventually, free_port

JARS = Path(__file__).parent / "contracts" / "kafka" / "jars"
SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.check.interval.ms=1000
"""


@contextmanager
def broker() -> Iterator[str]:
    """Its address; skips the test where the broker's parts or Java are not there."""
    java = shutil.which("java")
    if java is None or not any(JARS.glob("kafka_*.jar")):
        pytest.skip("There is no Kafka: `make test` fetches it where there are Java and Maven.")
    with TemporaryDirectory(prefix="eg-kafka-") as folder:
        address, controller = free_port(), free_port()
        settings = Path(folder, "server.properties")
        settings.write_text(SETTINGS.format(broker=address, controller=controller, folder=folder))
        running = [java, "-Xmx384m", "-XX:TieredStopAtLevel=1", "-cp", f"{JARS}/*"]
        name = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        told = [f"--cluster-id={name}", "--config", str(settings)]
        formatting = ["kafka.tools.StorageTool", "format", *told]
        subprocess.run([*running, *formatting], check=True, capture_output=True)
        with Path(folder, "said").open("wb") as said:
            process = subprocess.Popen(
                [*running, "kafka.Kafka", str(settings)], stdout=said, stderr=said
            )
        try:
            _wait(f"127.0.0.1:{address}")
            yield f"127.0.0.1:{address}"
        finally:
            process.kill()
            process.wait()


def _wait(address: str) -> None:
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    for _ in eventually("the broker answers", 120):
        try:
            admin.list_topics(timeout=2)
        except KafkaException:
            continue
        return
