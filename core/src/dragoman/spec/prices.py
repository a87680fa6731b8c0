"""Costs from the price list of ``genai-prices``, which the extra ``dragoman[prices]`` installs.

No vendor is named here. Which prices apply follows from the address that was asked, and which tokens are of which kind
from the extractors of the price list, which read the provider's own report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from dragoman.spec.argument_checks import shown
from dragoman.spec.cost import Cost
from dragoman.spec.errors import ConfigurationError

if TYPE_CHECKING:
    from genai_prices import types as lists
    from genai_prices.units import UnitDef

    from dragoman.spec.cost import Bill
    from dragoman.spec.response import Response, Usage as Tokens

_STANDARD = frozenset({"standard", "default", "auto", "on_demand", "on-demand"})
"""The words of vendors for the tier that a price list has without a condition."""
_TIER = "service_tier"
_TOKENS = "_tokens"
_OWN_PRICE = ("input_audio_tokens", "output_audio_tokens", "output_image_tokens", "output_video_tokens")
"""Tokens that cost far more than those of text, so that their cost is unknown where they have no price of their own."""
_OUTPUT = "output_tokens"
_REASONING = "output_reasoning_tokens"
_ABSENT = "no price list is installed; run: pip install 'dragoman[prices]'"


def priced(response: Response | Bill, input_tokens: int, output_tokens: int, prices_of: str | None) -> Cost | None:
    """Return the cost of an answer by its tokens; ``None`` if the price list does not tell.

    Args:
        response: the answer.
        input_tokens: its input tokens.
        output_tokens: its output tokens.
        prices_of: the provider whose prices apply, by its id in the price list; by default, the one at the address that
            was asked.

    Raises:
        ConfigurationError: if the price list is not installed, or does not know *prices_of*, where that is given.

    """
    if prices_of is None and not _is_installed():
        return None
    provider = _provider(response, prices_of)
    model = None if provider is None else _model(response, provider)
    if provider is None or model is None:
        return None
    when = _time(response.origin.created)
    context = _context(response, model, when)
    if context is None:
        return None
    usage = _usage(response.usage, provider, input_tokens, output_tokens)
    try:
        result = model.calc_price(usage, provider, genai_request_timestamp=when, price_context=context)
        parts = _parts(result.model_price, usage)
    except ValueError:  # the report does not say enough for the prices of this model
        return None
    if parts is None:
        return None
    return Cost(amount=result.total_price, source="prices", parts=parts, prices=_name())


def _is_installed() -> bool:
    """Tell whether there is a price list; say how to get one in the log if there is none."""
    try:
        _snapshot()
    except ConfigurationError:
        _note_absence()
        return False
    return True


@cache
def _note_absence() -> None:
    import logging  # noqa: PLC0415  # not paid for where there is a price list

    logging.getLogger(__name__).info("costs that providers do not report are unknown, since %s", _ABSENT)


def _snapshot() -> Any:
    try:
        from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415  # an extra, and slow to import
    except ImportError as error:
        message = f"the prices of a provider (prices_of) cannot be looked up, since {_ABSENT}"
        raise ConfigurationError(message, parameter="prices_of") from error
    return get_snapshot()


def _name() -> str:
    from genai_prices import __version__  # noqa: PLC0415  # an extra, and slow to import

    return f"genai-prices {__version__}"


@cache
def _units() -> Mapping[str, UnitDef]:
    from genai_prices.data_units import unit_data  # noqa: PLC0415  # an extra, and slow to import
    from genai_prices.units import UnitRegistry  # noqa: PLC0415  # an extra, and slow to import

    return UnitRegistry(unit_data).units


def _time(created: float | None) -> datetime:
    """Return the time of an answer: now, if its provider tells none that can be."""
    if created is not None:
        with suppress(ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(created, UTC)
    return datetime.now(UTC)


def _provider(response: Response | Bill, prices_of: str | None) -> lists.Provider | None:
    snapshot = _snapshot()
    endpoint = response.origin.endpoint
    if prices_of is not None:
        given: Any = prices_of  # callers without a type checker
        if not isinstance(given, str):
            message = f"prices_of must be the id of a provider in the price list, not {shown(given)}"
            raise ConfigurationError(message, parameter="prices_of")
        with suppress(LookupError):
            return cast("lists.Provider", snapshot.find_provider(None, prices_of, None))
        from dragoman.spec.nearest_name import after  # noqa: PLC0415  # only errors need it

        message = f"the price list does not know the provider {prices_of!r}"
        raise ConfigurationError(after(message, prices_of, [each.id for each in snapshot.providers]))
    with suppress(LookupError):
        found = cast("lists.Provider", snapshot.find_provider(None, None, endpoint)) if endpoint else None
        return found if found is not None and _is_at(found, str(endpoint)) else None
    return None


def _is_at(provider: lists.Provider, endpoint: str) -> bool:
    """Tell whether an address is that of a provider: not if its host goes on, as ``api.acme.com.gateway.test``."""
    pattern = provider.api_pattern
    matched = re.match(pattern, endpoint)
    rest = endpoint[matched.end() :] if matched else ""
    return pattern.endswith(r"\.") or re.match(r"[\w.-]", rest) is None


def _model(response: Response | Bill, provider: lists.Provider) -> lists.ModelInfo | None:
    for name in (response.origin.served_model, response.origin.model):
        if name:
            with suppress(LookupError):
                return cast("lists.ModelInfo", _snapshot().find_provider_model(name, provider, None, None)[1])
    return None


def _context(response: Response | Bill, model: lists.ModelInfo, when: datetime) -> dict[str, str] | None:
    """Return what the provider reports of the conditions of prices; ``None`` for a condition without prices."""
    variants = [each for each in model.price_variants or () if each.constraint is None or each.constraint.active(when)]
    names = {_TIER, *(name for variant in model.price_variants or () for name in variant.when)}
    raw: Any = response.usage.raw
    reports: list[Mapping[str, Any]] = [response.metadata]
    if isinstance(raw, Mapping):
        reports.append(cast("Mapping[str, Any]", raw))
    context = {name: found for report in reports for name in names if isinstance(found := report.get(name), str)}
    for name, found in context.items():
        is_priced = any(variant.when.get(name) == found for variant in variants)
        if not is_priced and found.lower() not in _STANDARD:
            return None
    return context


def _usage(known: Tokens, provider: lists.Provider, input_tokens: int, output_tokens: int) -> lists.Usage:
    """Return the tokens by kind: as the report of the provider says, if it is understood, else as far as we know."""
    from genai_prices import Usage  # noqa: PLC0415  # an extra, and slow to import

    raw: Any = known.raw
    for extractor in provider.extractors or () if raw else ():
        root = extractor.root if isinstance(extractor.root, str) else str(extractor.root[0])
        with suppress(ValueError, TypeError, AttributeError):  # a report of a shape that it does not expect
            usage = extractor.extract({root: raw})[1]
            reported = (usage.reported_value("input_tokens"), usage.reported_value("output_tokens"))
            if reported == (input_tokens, output_tokens):
                break
    else:
        usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
    counts = {
        "cache_read_tokens": known.cache_read_tokens,
        "cache_write_tokens": known.cache_write_tokens,
        _REASONING: known.reasoning_tokens,
    }
    return usage + Usage(**{key: count for key, count in counts.items() if count and not usage.reported_value(key)})


def _parts(price: lists.ModelPrice, usage: lists.Usage) -> dict[str, Decimal] | None:
    """Return the cost of each kind; ``None`` if some tokens have no price."""
    from genai_prices.decompose import compute_leaf_values  # noqa: PLC0415  # an extra, and slow to import
    from genai_prices.types import calc_unit_price  # noqa: PLC0415  # an extra, and slow to import

    paid = {key: unit for key, unit in _units().items() if getattr(price, unit.price_key) is not None}
    counts = dict(compute_leaf_values(set(paid) - {"requests"}, usage, paid))
    if any(usage.reported_value(key) and key not in paid for key in _OWN_PRICE):
        return None
    if not all(_is_covered(direction, usage, paid, counts) for direction in ("input", "output")):
        return None
    if "requests" in paid:
        counts["requests"] = 1
    total: Any = usage.input_tokens
    parts = {
        key: calc_unit_price(getattr(price, paid[key].price_key), count, total, paid[key].per)
        for key, count in counts.items()
        if count
    }
    reasoning = usage.reported_value(_REASONING)
    if _REASONING not in paid and 0 < reasoning <= counts.get(_OUTPUT, 0):
        share = calc_unit_price(getattr(price, paid[_OUTPUT].price_key), reasoning, total, paid[_OUTPUT].per)
        parts |= {_REASONING: share, _OUTPUT: parts[_OUTPUT] - share}
    return {_kind(key): part for key, part in parts.items() if part}


def _is_covered(direction: str, usage: lists.Usage, paid: Mapping[str, UnitDef], counts: Mapping[str, Any]) -> bool:
    """Return whether every token of a direction has a price."""
    of_it = [
        count
        for key, count in counts.items()
        if paid[key].dimensions.get("family") == "tokens" and paid[key].dimensions.get("direction") == direction
    ]
    return bool(sum(of_it) >= usage.reported_value(f"{direction}{_TOKENS}"))


def _kind(key: str) -> str:
    return "reasoning" if key == _REASONING else key.removesuffix(_TOKENS)
