"""A proxy before a server that fails when it is told to, and remembers what it did.

    with faulty(server.url) as proxy:
        client = Client(host=proxy.url + "/segment")
        proxy.fail(BUSY, BROKEN, CUT)  # the next three requests; all others are forwarded
        ...
        assert proxy.repeated(ids_of) == set()

Preflights are always forwarded. While the server is down, connections end without an answer.
"""

import http.client
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import urlsplit

from ethogram.collect.asgi import cors

_OWN = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
SECONDS = 60.0


@dataclass(frozen=True)
class Fault:
    """What a request gets: an answer without being forwarded, or none (0) after it was."""

    status: int
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict[str, str])


BUSY = Fault(429, headers={"retry-after": "1"})
BROKEN = Fault(500)
CUT = Fault(0)


@dataclass(frozen=True)
class Exchange:
    """A request, the status that the client got (0: none), and whether a fault made it so."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    failed: bool


class Proxy(ThreadingHTTPServer):
    """Forwards to ``target``, an address such as ``http://127.0.0.1:8000``."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.host = urlsplit(target).netloc
        self.exchanges: list[Exchange] = []
        self._coming: deque[Fault] = deque()
        self._where = re.compile("")
        self._turn = Lock()

    def fail(self, *faults: Fault, where: str = "") -> None:
        """The next requests whose path has ``where`` (a pattern) in it fail so, one after one."""
        with self._turn:
            self._where = re.compile(where)
            self._coming.extend(faults)

    @property
    def failing(self) -> int:
        """How many faults are yet to happen."""
        return len(self._coming)

    def fault(self, method: str, path: str) -> Fault | None:
        """What this request gets; None where it is forwarded."""
        with self._turn:
            if method == "OPTIONS" or not self._coming or not self._where.search(path):
                return None
            return self._coming.popleft()

    def repeated(self, ids_of: Callable[[Exchange], Iterable[str]]) -> set[str]:
        """Ids that were sent again after the client had been told that they were delivered."""
        delivered, again = set[str](), set[str]()
        for exchange in list(self.exchanges):
            if exchange.method == "OPTIONS":
                continue
            ids = set(ids_of(exchange))
            again |= delivered & ids
            if 200 <= exchange.status < 300:
                delivered |= ids
        return again


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Proxy

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def pass_on(self) -> None:
        body = self._body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault = self.server.fault(self.command, self.path)
        if fault and fault.status:
            answer = fault.status, {**fault.headers, **cors(headers)}, fault.body
        else:
            answer = self._forwarded(headers, body)
        status = 0 if fault == CUT else answer[0]
        self.server.exchanges.append(
            Exchange(self.command, self.path, headers, body, status, fault is not None)
        )
        if status:
            self._say(*answer)
        else:
            self.close_connection = True

    do_GET = do_POST = do_HEAD = do_PUT = do_OPTIONS = pass_on  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        chunks: list[bytes] = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def _forwarded(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        passed = {name: value for name, value in headers.items() if name not in _OWN}
        connection = http.client.HTTPConnection(self.server.host, timeout=SECONDS)
        try:
            connection.request(self.command, self.path, body, passed)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        except (OSError, http.client.HTTPException):
            return 0, {}, b""
        finally:
            connection.close()

    def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _OWN:
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def faulty(target: str) -> Iterator[Proxy]:
    """A proxy before ``target``; see the module."""
    proxy = Proxy(target)
    Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
