from __future__ import annotations

import threading

from dragoman import SharedConnections


class Holder:
    """Let another thread do something while it is looked for in a set, as the switch of threads may."""

    meanwhile: threading.Thread | None = None
    done = threading.Event()

    def __hash__(self) -> int:
        if self.meanwhile is not None and not self.meanwhile.is_alive():
            self.meanwhile.start()
            self.done.wait(0.05)
            self.meanwhile = None
        return 1

    def __eq__(self, other: object) -> bool:
        return self is other


def test_a_client_may_begin_while_another_one_is_closed() -> None:
    shared, holder, other = SharedConnections(), Holder(), Holder()
    shared.take("key", holder, "connections")

    def begin() -> None:
        shared.take("another key", other, "other connections")
        holder.done.set()

    beginning = holder.meanwhile = threading.Thread(target=begin)
    assert shared.give_back(holder)
    beginning.join()
    assert shared.take("another key", Holder(), "its own") == "other connections"
