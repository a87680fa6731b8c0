# ruff: noqa: S101  # checks are made of assertions
"""Level 5: timeouts, lost connections, and callers that leave before the end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dragoman.client.llm import LLM
from dragoman.client.sync import SyncLLM
from dragoman.spec.errors import ConnectionFailedError, DragomanError, RequestTimeoutError, StreamInterruptedError
from dragoman.testing.conformance.provider_case import BEGUN, BOTH, TEXT, ProviderCase
from dragoman.testing.faults import FaultServer

__all__ = ["Connections"]

_SHORT = 0.08
"""A timeout in seconds that is reached quickly."""


class Connections(ProviderCase):
    """Check calls without a reply, and that no connection and no task is left open."""

    def test_nobody_listens(self) -> None:
        """Protects against a plain OSError, and a connection error that is not marked as retryable."""
        self.spoken()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        for streamed in BOTH:
            error = self.failure(f"http://127.0.0.1:{port}", streamed=streamed)
            assert type(error) is ConnectionFailedError, error
            assert error.retryable

    @pytest.mark.parametrize("name", ["close_before_head", "reset_before_head"])
    def test_a_connection_that_closes_at_once_may_be_tried_again(self, name: str) -> None:
        """Protects against an error that is not retryable because an idle connection had been closed."""
        with self.faults() as server:
            for streamed in BOTH:
                error = self.failure(server.url_of(name), streamed=streamed)
                assert type(error) is ConnectionFailedError, error
                assert error.retryable

    @pytest.mark.parametrize(
        ("name", "limit", "phase"),
        [
            ("hang_head", "first_byte_timeout", "first_byte"),
            ("drip_head", "timeout", "total"),
            ("silent_body", "idle_timeout", "idle"),
        ],
    )
    def test_silence_ends_by_the_limit_that_is_set(self, name: str, limit: str, phase: str) -> None:
        """Protects against a program that waits forever because a timeout is ignored."""
        with self.faults() as server:
            for streamed in BOTH:
                error = self.failure(server.url_of(name), streamed=streamed, config={limit: _SHORT})
                assert (type(error), error.phase) == (RequestTimeoutError, phase)

    @pytest.mark.parametrize(
        ("name", "limit", "phase"), [("stall", "idle_timeout", "idle"), ("ping_forever", "timeout", "total")]
    )
    def test_a_stream_that_stalls_ends_by_its_limit(self, name: str, limit: str, phase: str) -> None:
        """Protects against a stream that hangs in the middle, and the loss of the partial answer."""
        with self.faults() as server:
            _check_stalled(self.failure(server.url_of(name), streamed=True, config={limit: 2 * _SHORT}), phase)

    def test_leaving_a_stream_hangs_up(self) -> None:
        """Protects against tokens that are billed after the caller has left the stream."""

        async def leave(llm: LLM, _: FaultServer) -> None:
            async with llm.stream("hi") as stream:
                await anext(stream)

        self._check_hangup("stall", leave)

    def test_an_error_of_the_consumer_hangs_up(self) -> None:
        """Protects against a connection that stays open after an exception of the caller, and a replaced exception."""

        async def fail(llm: LLM) -> None:
            async with llm.stream("hi") as stream:
                await anext(stream)
                raise ZeroDivisionError

        async def failing(llm: LLM, _: FaultServer) -> None:
            with pytest.raises(ZeroDivisionError):
                await fail(llm)

        self._check_hangup("stall", failing)

    @pytest.mark.parametrize("name", ["hang_head", "silent_body", "stall"])
    def test_a_cancelled_task_hangs_up(self, name: str) -> None:
        """Protects against calls that continue after their task was cancelled."""

        async def cancel(llm: LLM, server: FaultServer) -> None:
            task = asyncio.create_task(_collect(llm))
            await self._request_received(server)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(task, self.patience)

        self._check_hangup(name, cancel)

    def test_a_timeout_of_the_caller_is_the_caller_s(self) -> None:
        """Protects against an asyncio.timeout that has no effect, or that raises another exception."""

        async def collect(llm: LLM, server: FaultServer) -> None:
            async with asyncio.timeout(None) as limit:
                expiring = asyncio.create_task(self._expire(limit, server))
                await _collect(llm)
            await expiring  # pragma: no cover - the stream never ends

        async def expire(llm: LLM, server: FaultServer) -> None:
            with pytest.raises(TimeoutError) as caught:
                await collect(llm, server)
            assert not isinstance(caught.value, DragomanError)

        self._check_hangup("stall", expire)

    def test_leaving_a_stream_without_await_hangs_up(self) -> None:
        """Protects against a connection that stays open after a synchronous caller has left the stream."""
        with self.faults() as server, SyncLLM(self.config(server.url_of("stall"))) as llm:
            with llm.stream("hi") as stream:
                next(iter(stream))
            server.wait_hangup(timeout=self.patience)

    def test_closing_ends_what_is_open(self) -> None:
        """Protects against a task that waits forever for a stream of a closed client."""

        async def close(llm: LLM, _: FaultServer) -> None:
            async with llm.stream("hi") as stream:
                await anext(stream)
                reading = asyncio.create_task(stream.collect())
                await asyncio.sleep(0)
                await llm.aclose()
                with pytest.raises(StreamInterruptedError):
                    await asyncio.wait_for(reading, self.patience)

        self._check_hangup("stall", close)

    def test_no_task_is_left_behind(self) -> None:
        """Protects against programs that end with warnings, or that hang, because of unfinished tasks."""

        async def use(server: FaultServer) -> None:
            for name in ("ok", "status_500", "trunc_clean", "mid_error"):
                async with self.llm(server.url_of(name)) as llm:
                    with contextlib.suppress(DragomanError):
                        await _collect(llm)
            async with asyncio.timeout(self.patience):
                while unfinished := asyncio.all_tasks() - {asyncio.current_task()}:
                    await asyncio.wait(unfinished)

        with self.faults() as server:
            asyncio.run(use(server))

    def test_a_lost_connection_is_not_used_again(self) -> None:
        """Protects against an answer that begins with the remainder of another answer."""

        async def use(server: FaultServer) -> None:
            async with self.llm(server.url_of("trunc_close", "ok")) as llm:
                with pytest.raises(StreamInterruptedError):
                    await _collect(llm)
                assert (await llm.generate("hi")).text == TEXT

        with self.faults() as server:
            asyncio.run(use(server))

    def test_a_kept_connection_that_was_closed_is_replaced(self) -> None:
        """Protects against calls that fail because a gateway closed an idle connection."""

        async def use(server: FaultServer) -> None:
            async with self.llm(server.url_of("close_after_reply"), num_retries=1) as llm:
                for _ in range(3):
                    assert (await llm.generate("hi")).text == TEXT

        with self.faults() as server:
            asyncio.run(use(server))

    async def _request_received(self, server: FaultServer) -> None:
        """Wait until the server has received the request and the client waits for the reply."""
        await asyncio.to_thread(server.wait_requests, 1, self.patience)
        await asyncio.sleep(_SHORT)

    async def _expire(self, limit: asyncio.Timeout, server: FaultServer) -> None:
        await self._request_received(server)
        limit.reschedule(asyncio.get_running_loop().time())

    def _check_hangup(self, name: str, leave: Callable[[LLM, FaultServer], Awaitable[None]]) -> None:
        """Check that the client closes its connection, and that the next call works."""

        async def use(server: FaultServer) -> None:
            async with self.llm(server.url_of(name)) as llm:
                await leave(llm, server)
                await asyncio.to_thread(server.wait_hangup, 1, self.patience)
                server.healthy = True
                assert (await llm.generate("hi")).text == TEXT

        with self.faults() as server:
            asyncio.run(use(server))


def _check_stalled(error: DragomanError, phase: str) -> None:
    assert (type(error), error.phase) == (RequestTimeoutError, phase)
    assert error.partial is not None
    assert error.partial.text == BEGUN


async def _collect(llm: LLM) -> Any:
    async with llm.stream("hi") as stream:
        return await stream.collect()
