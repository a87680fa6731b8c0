"""Calls that several providers make alike: a listing of several pages, and the count of the tokens of a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dragoman.http.error_bodies import reported_in
from dragoman.http.json import as_object, count, word
from dragoman.http.wire import HttpReply, HttpRequest
from dragoman.spec._value import changed
from dragoman.spec.errors import ProtocolError
from dragoman.spec.response import Usage

if TYPE_CHECKING:
    from dragoman.http.dialect import Dialect
    from dragoman.http.provider import HttpProvider
    from dragoman.spec.provider import CallContext

MOST_PAGES = 1000
"""How many pages of a listing are read."""


def object_of(dialect: Dialect, reply: HttpReply, what: str, *, needs: str | None = None) -> dict[str, Any]:
    """Return the object that the reply to another request than one for an answer holds.

    Args:
        dialect: reads the errors of the server.
        reply: the reply, whose status is good.
        what: what it holds, for the error, such as ``the listing``.
        needs: a member that it must have, with a text.

    Raises:
        ProviderError: if it reports an error all the same.
        ProtocolError: if it does not hold an object with that member.

    """
    body = as_object(reply.json(), what)
    failed = reported_in(body, ())
    if failed is not None:
        raise dialect.error(changed(reply, body=failed.body, status=failed.status))
    if needs is not None and not word(body.get(needs)):
        message = f"{what} has no {needs}"
        raise ProtocolError(message, phase="decode", body=reply.excerpt)
    return body


async def read_pages(
    provider: HttpProvider,
    url: str,
    context: CallContext,
    *,
    next_page: Callable[[Mapping[str, Any]], object],
    parameter: str,
    headers: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Return the pages of a listing, each the object that its reply holds.

    Args:
        provider: the provider that is asked.
        url: the path of the first page, or a whole address; it may have a query.
        context: the context of the call.
        next_page: returns the mark of the next page from a page; what is false or null stands for none.
        parameter: the parameter of the query that takes the mark.
        headers: headers of each request.

    Raises:
        ProviderError: if a reply reports an error.
        ProtocolError: if one does not hold an object, or if there is no end of pages.

    """
    pages: list[dict[str, Any]] = []
    asked = {url}
    address = url
    while len(pages) < MOST_PAGES:
        reply = await provider.call(HttpRequest(method="GET", url=address, headers=headers or {}), context)
        with provider.reading(reply):
            pages.append(provider.read_object(reply, "the listing"))
        mark = next_page(pages[-1])
        address = f"{url}{'&' if '?' in url else '?'}{parameter}={quote(str(mark), safe='')}"
        if not mark or address in asked:  # a server that names a page again has no more
            return pages
        asked.add(address)
    message = f"the listing has more than {MOST_PAGES} pages, or no end"
    raise ProtocolError(message, phase="decode")


async def read_count(
    provider: HttpProvider,
    request: HttpRequest,
    context: CallContext,
    headers: Mapping[str, str],
    *,
    member: str,
    cached: str | None = None,
) -> Usage:
    """Return the input tokens that the reply to *request* counts.

    Args:
        provider: the provider that is asked.
        request: the request for the count.
        context: the context of the call.
        headers: the caller's headers for this call.
        member: the member with the count.
        cached: the member that counts those of them which a cache holds, if there is one.

    Raises:
        ProviderError: if the reply reports an error.
        ProtocolError: if it does not hold a count.

    """
    reply = await provider.call(request, context, headers)
    with provider.reading(reply):
        body = provider.read_object(reply, "the count")
        found = count(body, member)
        if found is None:
            message = f"the reply does not hold a count: {reply.excerpt!r}"
            raise ProtocolError(message, phase="decode", body=reply.excerpt)
        read = None if cached is None else count(body, cached)
        return Usage(input_tokens=found, cache_read_tokens=read, raw=body)
