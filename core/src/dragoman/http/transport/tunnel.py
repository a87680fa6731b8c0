"""A pool of aiohttp whose tunnels through a proxy stand within the time allowed for a connection."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler


class TunnellingConnector(aiohttp.TCPConnector):
    """Open connections; one through a proxy is there when the tunnel is, not when the proxy is reached.

    aiohttp limits each step before the tunnel, but not the reply to ``CONNECT``, which may never come.
    """

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        if req.proxy is None:
            return await super()._create_connection(req, traces, timeout)
        async with asyncio.timeout(timeout.sock_connect):
            return await super()._create_connection(req, traces, timeout)
