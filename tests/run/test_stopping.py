"""A server that is told to stop."""

from tests.serving import Served, eventually, served


def ready(server: Served) -> str:
    """What the server has said once it has said that it is ready."""
    for _ in eventually("the server says where it is"):
        if "Ready in" in server.said():
            return server.said()
    raise AssertionError


def test_a_server_that_is_told_to_stop_says_nothing() -> None:
    """SIGTERM ends both processes with status 0 and without a word on either's stderr."""
    with served() as server:
        before = ready(server)
        assert server.stop() == 0
        assert server.said() == before
        assert server.family() == []
