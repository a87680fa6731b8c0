"""Checks of what a configuration says of retries and fallbacks beyond numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.fall_back_on import read_fall_back_on
from dragoman.spec.retry_policy import read_policy


def check_patience(kwargs: Mapping[str, Any]) -> None:
    """Refuse invalid values of ``retry``, ``on_retry`` and ``fall_back_on``.

    Raises:
        ConfigurationError: for such a value, or for ``retry`` together with ``num_retries``.

    """
    if kwargs.get("retry") is not None:
        read_policy(kwargs["retry"])
        if kwargs.get("num_retries") is not None:
            message = "num_retries and retry are two ways to say the same; give RetryPolicy(retries=...) alone"
            raise ConfigurationError(message, parameter="num_retries")
    on_retry = kwargs.get("on_retry")
    if on_retry is not None and not callable(on_retry):
        message = f"on_retry must be callable with the number of the try, its error and the wait, not {shown(on_retry)}"
        raise ConfigurationError(message, parameter="on_retry")
    if kwargs.get("fall_back_on") is not None:
        read_fall_back_on(kwargs["fall_back_on"])


__all__ = ["check_patience"]
