"""A server that selects a fault by the path of each request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dragoman.testing.faults import replies, streams, wire
from dragoman.testing.faults.fault import FAULTS, Fault, FaultContext
from dragoman.testing.faults.server_dialect import ServerDialect
from dragoman.testing.faults.server_dialects import SERVER_DIALECTS, dialect_of
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Script

__all__ = ["FaultServer"]

_ = (replies, streams, wire)  # importing them registers their faults


class FaultServer(LoopbackServer):
    """Serve every fault below a path with its name; a context manager.

    A client with the base URL ``url_of("stall")`` gets this fault in its own dialect: the server recognizes OpenAI chat
    and Responses, Anthropic and Gemini by the end of the path. Given several names, successive requests get successive
    faults, in a cycle::

        with FaultServer() as server:
            client = Client(base_url=server.url_of("status_500", "ok") + "/v1")

    ``python -m dragoman.testing.faults --list`` lists the names of the faults.

    Args:
        port: the port to listen on, 0 for any.
        server_dialects: the supported dialects; the first one that matches a request is used.

    Attributes:
        healthy: if true, the server ignores the faults in paths and sends valid answers.

    """

    def __init__(self, port: int = 0, *, server_dialects: Sequence[ServerDialect] = SERVER_DIALECTS) -> None:
        super().__init__(self._answer_request, port=port)
        self._server_dialects = server_dialects
        self.healthy: bool = False
        self._counts: Counter[str] = Counter()

    def url_of(self, *names: str) -> str:
        """Return the base URL whose requests get these faults, one after the other.

        Raises:
            LookupError: if a fault does not exist, or has no meaning in the framing of any supported dialect.

        """
        if reason := self.inapplicable(*names):
            raise LookupError(reason)
        return f"{self.url}/{'+'.join(names)}"

    def inapplicable(self, *names: str) -> str:
        """Return why one of these faults has no meaning in the framing of any supported dialect, or an empty string.

        Raises:
            LookupError: if a fault does not exist.

        """
        for found in map(_find, names):
            reasons = [found.inapplicable(each.framing) for each in self._server_dialects]
            if all(reasons):
                return reasons[0]
        return ""

    def _answer_request(self, request: Received) -> Script:
        segment = request.path.split("/")[1]
        names = segment.split("+")
        number = self._counts[segment]
        self._counts[segment] += 1
        server_dialect = dialect_of(request, self._server_dialects)
        streamed = server_dialect.is_streamed(request)
        context = FaultContext(server_dialect=server_dialect, streamed=streamed, request=request)
        return _find("ok" if self.healthy else names[number % len(names)]).answer(context)


def _find(name: str) -> Fault:
    if name not in FAULTS:
        message = f"unknown fault {name!r}; the faults are {', '.join(sorted(FAULTS))}"
        raise LookupError(message)
    return FAULTS[name]
