from __future__ import annotations

from dragoman.http.transport.connection import Reuse


def test_a_server_that_closes_after_each_reply_is_asked_by_new_connections_for_a_while() -> None:
    reuse = Reuse()
    assert reuse.pause > 0
    reuse.failed()
    refused = 0
    while not reuse.allow():
        refused += 1
    assert refused > 1


def test_a_loss_after_a_reuse_is_no_habit() -> None:
    reuse = Reuse()
    reuse.succeeded()
    assert reuse.pause == 0
    reuse.failed()
    assert reuse.allow()
    assert reuse.pause > 0
    reuse.failed()
    assert not reuse.allow()
