"""The configuration that the arguments of an ``LLM`` describe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dragoman.spec.config import CORE_OPTIONS, FIELDS, NOT_GIVEN, LLMConfig
from dragoman.spec.config_rules import model_name
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.secret import RedactedDict


def configuration(config: Any, fields: Mapping[str, Any]) -> LLMConfig:
    """Return the configuration that the arguments of an ``LLM`` describe."""
    try:
        if isinstance(config, str):
            if "model" in fields:
                message = "the model is given twice: first by itself, and as model="
                raise ConfigurationError(message, parameter="model")
            fields = RedactedDict({"model": config, **fields})
        elif config is None:
            message = "the configuration is None; give an LLMConfig or the name of a model, such as LLM('echo')"
            raise ConfigurationError(message)
        elif fields.get("model", "") is None:
            message = "the model is None; give the name of a model, such as LLM('echo')"
            raise ConfigurationError(message, parameter="model")
        elif config is not NOT_GIVEN and not isinstance(config, LLMConfig):
            message = f"an LLM needs an LLMConfig or the name of a model, not {type(config).__name__}"
            raise ConfigurationError(message)
        elif fields and (config is not NOT_GIVEN or not fields.keys() & {"model", "provider"}):
            raise ConfigurationError(_misplaced(fields))
        elif not fields:
            return LLMConfig() if config is NOT_GIVEN else config
        return LLMConfig(**{"temperature": None, "max_tokens": None, **fields})
    finally:
        del config, fields  # keep credentials out of tracebacks that show locals


def _misplaced(fields: Mapping[str, Any]) -> str:
    """Return the error message for arguments of an ``LLM`` without the name of a model."""
    from dragoman.spec.foreign_names import refused  # noqa: PLC0415  # only errors need it

    advice = refused([name for name in fields if name not in FIELDS and name not in CORE_OPTIONS])
    message = f"{', '.join(fields)} can only be given with the name of a model; pass them to LLMConfig instead"
    return f"{message} ({advice})" if advice else message


def check_fallbacks(fallbacks: Iterable[Any]) -> None:
    """Refuse fallbacks that are neither models nor configurations.

    Raises:
        ConfigurationError: that says which one is wrong.

    """
    for index, fallback in enumerate(fallbacks):
        try:
            _check_fallback(fallback)
        except ConfigurationError as error:
            raise ConfigurationError(f"fallbacks[{index}]: {error.message}", parameter=error.parameter) from None
        finally:
            del fallback  # keep credentials out of tracebacks that show locals


def _check_fallback(fallback: Any) -> None:
    try:
        if isinstance(fallback, str):
            model_name("a fallback", fallback)
        elif isinstance(fallback, Mapping):
            made = LLMConfig.from_dict(fallback)  # pyright: ignore[reportUnknownArgumentType]
            if made.model is None and made.kwargs.get("provider") is None:
                message = f"a fallback must name its model; it has {', '.join(made.kwargs) or 'nothing'}"
                raise ConfigurationError(message, parameter="fallbacks")
        elif not isinstance(fallback, LLMConfig):
            message = f"a fallback must be a model or a configuration, not {type(fallback).__name__}"
            raise ConfigurationError(message, parameter="fallbacks")
    finally:
        del fallback  # keep credentials out of tracebacks that show locals


__all__ = ["check_fallbacks", "configuration"]
