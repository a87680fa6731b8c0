"""A server that fails as it is told to by the path of each request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dragoman.testing.faults import replies, streams, wire
from dragoman.testing.faults.fault import FAULTS, Asked, Fault
from dragoman.testing.faults.server_dialect import ServerDialect
from dragoman.testing.faults.server_dialects import SERVER_DIALECTS, dialect_of
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Script

__all__ = ["FaultServer"]

_ = (replies, streams, wire)  # they enter their faults


class FaultServer(LoopbackServer):
    """Serve every fault below a path of its name; a context manager.

    A client whose base URL is ``url_of("stall")`` meets that fault, whichever dialect it speaks: the server knows
    OpenAI chat and Responses, Anthropic and Gemini by the ends of their paths. Of several names joined with ``+``,
    each request meets the next, and the first again after the last: ``url_of("status_500", "ok")``.

    Args:
        port: the port to listen on, 0 for any.
        server_dialects: the dialects to speak, the first that a request fits.

    Attributes:
        soundly: whether to answer soundly from now on, whatever the path says.

    """

    def __init__(self, port: int = 0, *, server_dialects: Sequence[ServerDialect] = SERVER_DIALECTS) -> None:
        super().__init__(self._meet, port=port)
        self._server_dialects = server_dialects
        self.soundly: bool = False
        self._met: Counter[str] = Counter()

    def url_of(self, *names: str) -> str:
        """Return the base URL below which requests meet these faults, one after the other.

        Raises:
            LookupError: for a name that no fault has.

        """
        for name in names:
            _known(name)
        return f"{self.url}/{'+'.join(names)}"

    def _meet(self, request: Received) -> Script:
        names = request.path.split("/")[1]
        each = names.split("+")
        number = self._met[names]
        self._met[names] += 1
        server_dialect = dialect_of(request, self._server_dialects)
        asked = Asked(server_dialect=server_dialect, streamed=server_dialect.is_streamed(request), request=request)
        return _known("ok" if self.soundly else each[number % len(each)]).answer(asked)


def _known(name: str) -> Fault:
    if name not in FAULTS:
        message = f"no fault is called {name!r}; known are {', '.join(sorted(FAULTS))}"
        raise LookupError(message)
    return FAULTS[name]
