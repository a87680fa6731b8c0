"""Learn from a provider what a model accepts."""

from __future__ import annotations

import logging

from dragoman.client.binding import Bound
from dragoman.client.learned_capabilities import learned, remember
from dragoman.spec.capabilities import Capabilities
from dragoman.spec.errors import DragomanError
from dragoman.spec.operations import operation_of
from dragoman.spec.provider import CallContext

_logger = logging.getLogger(__name__)


async def learn(bound: Bound, context: CallContext, *, refresh: bool) -> Capabilities:
    """Return what is known about the model of *bound*, after asking its provider unless that was done before.

    Args:
        bound: the provider and its calls.
        context: the context of the call.
        refresh: whether to ask although the answer is known.

    """
    model = bound.explanation.model
    asks = operation_of(bound.provider, "capabilities") is not None
    if asks and (refresh or learned(bound.key) is None):
        try:
            remember(bound.key, await bound.operation("capabilities")(model, context))
        except DragomanError as error:
            _logger.warning("what %s accepts could not be learned: %s: %s", model, type(error).__name__, error)
    return bound.capabilities(model)
