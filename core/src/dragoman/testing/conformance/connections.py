# ruff: noqa: S101  # checks are made of assertions
"""Level 5, continued: silence, lost connections, and callers who leave in the middle."""

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
from dragoman.testing.conformance.subject import BEGUN, BOTH, TEXT, Subject
from dragoman.testing.faults import FaultServer

__all__ = ["Connections"]

_SOON = 0.08


class Connections(Subject):
    """Check what is no reply at all, and that nothing is left open."""

    def test_nobody_listens(self) -> None:
        """Protects from a bare OSError, and from a program that does not know that it may try again."""
        self.spoken()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        for streamed in BOTH:
            error = self.failure(f"http://127.0.0.1:{port}", streamed=streamed)
            assert type(error) is ConnectionFailedError, error
            assert error.retryable

    @pytest.mark.parametrize("name", ["close_before_head", "reset_before_head"])
    def test_a_connection_that_closes_at_once_may_be_tried_again(self, name: str) -> None:
        """Protects from errors over a connection that was kept a second too long."""
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
        """Protects from a program that waits for ever, and from limits that are not passed on."""
        with self.faults() as server:
            for streamed in BOTH:
                error = self.failure(server.url_of(name), streamed=streamed, config={limit: _SOON})
                assert (type(error), error.phase) == (RequestTimeoutError, phase)

    @pytest.mark.parametrize(
        ("name", "limit", "phase"), [("stall", "idle_timeout", "idle"), ("ping_forever", "timeout", "total")]
    )
    def test_a_stream_that_stalls_ends_by_its_limit(self, name: str, limit: str, phase: str) -> None:
        """Protects from a stream that hangs in the middle; what came is kept."""
        with self.faults() as server:
            _check_stalled(self.failure(server.url_of(name), streamed=True, config={limit: 2 * _SOON}), phase)

    def test_leaving_a_stream_hangs_up(self) -> None:
        """Protects from tokens that are paid for and read by nobody."""

        async def leave(llm: LLM, _: FaultServer) -> None:
            async with llm.stream("hi") as stream:
                await anext(stream)

        self._hangs_up("stall", leave)

    def test_an_error_of_the_consumer_hangs_up(self) -> None:
        """Protects from the same where the caller fails, and from an error that hides the caller's."""

        async def fail(llm: LLM) -> None:
            async with llm.stream("hi") as stream:
                await anext(stream)
                raise ZeroDivisionError

        async def failing(llm: LLM, _: FaultServer) -> None:
            with pytest.raises(ZeroDivisionError):
                await fail(llm)

        self._hangs_up("stall", failing)

    @pytest.mark.parametrize("name", ["hang_head", "silent_body", "stall"])
    def test_a_cancelled_task_hangs_up(self, name: str) -> None:
        """Protects from calls that go on after nobody waits for them."""

        async def cancel(llm: LLM, server: FaultServer) -> None:
            task = asyncio.create_task(_collected(llm))
            await self._asked(server)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(task, self.patience)

        self._hangs_up(name, cancel)

    def test_a_timeout_of_the_caller_is_the_caller_s(self) -> None:
        """Protects from asyncio.timeout that does not work, or comes out as something else."""

        async def collect(llm: LLM, server: FaultServer) -> None:
            async with asyncio.timeout(None) as limit:
                hurrying = asyncio.create_task(self._hurry(limit, server))
                await _collected(llm)
            await hurrying  # pragma: no cover - the stream never ends

        async def expire(llm: LLM, server: FaultServer) -> None:
            with pytest.raises(TimeoutError) as caught:
                await collect(llm, server)
            assert not isinstance(caught.value, DragomanError)

        self._hangs_up("stall", expire)

    def test_leaving_a_stream_without_await_hangs_up(self) -> None:
        """Protects from the same in programs without an event loop."""
        with self.faults() as server, SyncLLM(self.config(server.url_of("stall"))) as llm:
            with llm.stream("hi") as stream:
                next(iter(stream))
            server.wait_hangup(timeout=self.patience)

    def test_closing_ends_what_is_open(self) -> None:
        """Protects from a task that waits for a stream that nobody will ever end."""

        async def close(llm: LLM, _: FaultServer) -> None:
            async with llm.stream("hi") as stream:
                await anext(stream)
                reading = asyncio.create_task(stream.collect())
                await asyncio.sleep(0)
                await llm.aclose()
                with pytest.raises(StreamInterruptedError):
                    await asyncio.wait_for(reading, self.patience)

        self._hangs_up("stall", close)

    def test_no_task_is_left_behind(self) -> None:
        """Protects from programs that end with warnings, or not at all."""

        async def use(server: FaultServer) -> None:
            for name in ("ok", "status_500", "trunc_clean", "mid_error"):
                async with self.llm(server.url_of(name)) as llm:
                    with contextlib.suppress(DragomanError):
                        await _collected(llm)
            async with asyncio.timeout(self.patience):
                while left := asyncio.all_tasks() - {asyncio.current_task()}:
                    await asyncio.wait(left)

        with self.faults() as server:
            asyncio.run(use(server))

    def test_a_lost_connection_is_not_used_again(self) -> None:
        """Protects from an answer that begins with the end of another."""

        async def use(server: FaultServer) -> None:
            async with self.llm(server.url_of("trunc_close", "ok")) as llm:
                with pytest.raises(StreamInterruptedError):
                    await _collected(llm)
                assert (await llm.generate("hi")).text == TEXT

        with self.faults() as server:
            asyncio.run(use(server))

    def test_a_kept_connection_that_was_closed_is_replaced(self) -> None:
        """Protects from every second call that fails behind a gateway."""

        async def use(server: FaultServer) -> None:
            async with self.llm(server.url_of("close_after_reply"), num_retries=1) as llm:
                for _ in range(3):
                    assert (await llm.generate("hi")).text == TEXT

        with self.faults() as server:
            asyncio.run(use(server))

    async def _asked(self, server: FaultServer) -> None:
        """Wait until the request has come in and the client waits for what follows."""
        await asyncio.to_thread(server.wait_requests, 1, self.patience)
        await asyncio.sleep(_SOON)

    async def _hurry(self, limit: asyncio.Timeout, server: FaultServer) -> None:
        await self._asked(server)
        limit.reschedule(asyncio.get_running_loop().time())

    def _hangs_up(self, name: str, leave: Callable[[LLM, FaultServer], Awaitable[None]]) -> None:
        """Check that the server sees the client hang up, and that the next call works."""

        async def use(server: FaultServer) -> None:
            async with self.llm(server.url_of(name)) as llm:
                await leave(llm, server)
                await asyncio.to_thread(server.wait_hangup, 1, self.patience)
                server.soundly = True
                assert (await llm.generate("hi")).text == TEXT

        with self.faults() as server:
            asyncio.run(use(server))


def _check_stalled(error: DragomanError, phase: str) -> None:
    assert (type(error), error.phase) == (RequestTimeoutError, phase)
    assert error.partial is not None
    assert error.partial.text == BEGUN


async def _collected(llm: LLM) -> Any:
    async with llm.stream("hi") as stream:
        return await stream.collect()
