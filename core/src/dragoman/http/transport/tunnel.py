"""A connection pool of aiohttp that opens tunnels through a proxy within the time limit of a connection."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler


class TunnellingConnector(aiohttp.TCPConnector):
    """Open connections; the time limit of one through a proxy includes opening the tunnel.

    aiohttp limits each step before the tunnel, but not the time to the reply to ``CONNECT``, which may never arrive.
    """

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        if req.proxy is None:
            return await super()._create_connection(req, traces, timeout)
        async with asyncio.timeout(timeout.sock_connect):
            return await super()._create_connection(req, traces, timeout)
