"""What an answer costs: what its provider reports, or what a price list makes of its tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal, TypeAlias

from attrs import field

from dragoman.spec._value import value
from dragoman.spec.argument_checks import plain_number
from dragoman.spec.part_fields import JSON
from dragoman.spec.response import Origin, Response, Usage

CostSource: TypeAlias = Literal["provider", "prices"]
"""Who says what an answer costs: its provider, or a price list."""

REPORTED = "cost"
"""The member of a response's metadata in which a provider's plugin puts the cost that is reported, in US dollars."""


def _no_parts() -> Mapping[str, Decimal]:
    return {}


@value(kw_only=True)
class Cost:
    """Hold what an answer costs.

    Args:
        amount: the whole cost.
        source: ``provider`` if the provider reported it, ``prices`` if it is computed from a price list.
        currency: its currency, as in ISO 4217.
        parts: the cost by kind: ``input``, ``cache_read``, ``cache_write`` (for the shortest time), ``cache_write_1h``,
            ``output``, ``reasoning``, ``input_audio``, ``output_audio``, ``web_searches``, ...; empty for a cost that
            the provider reported. What has no price of its own is part of a more general kind.
        prices: the price list and its version; empty for a cost that the provider reported.

    """

    amount: Decimal
    source: CostSource
    currency: str = "USD"
    parts: Mapping[str, Decimal] = field(factory=_no_parts)
    prices: str = ""

    @classmethod
    def total(cls, costs: Iterable[Cost | None]) -> Cost | None:
        """Return the sum of costs; ``None`` if there are none, one is unknown, or their currencies differ.

        The source of the sum is ``prices`` unless that of every cost is ``provider``.
        """
        known = list(costs)
        first = known[0] if known else None
        if first is None:
            return None
        amount, parts = Decimal(0), dict[str, Decimal]()
        for cost in known:
            if cost is None or cost.currency != first.currency:
                return None
            amount += cost.amount
            for kind, part in cost.parts.items():
                parts[kind] = parts.get(kind, Decimal(0)) + part
        source: CostSource = "prices" if any(cost and cost.source == "prices" for cost in known) else "provider"
        lists = dict.fromkeys(cost.prices for cost in known if cost and cost.prices)
        return cls(amount=amount, source=source, currency=first.currency, parts=parts, prices=", ".join(lists))


@value(kw_only=True)
class Bill:
    """Hold what the cost of an answer follows from, without the answer.

    Args:
        origin: where the answer came from.
        usage: its tokens.
        metadata: the short texts and numbers in its metadata.

    """

    origin: Origin
    usage: Usage
    metadata: Mapping[str, JSON]


def reported_cost(metadata: Mapping[str, object]) -> Cost | None:
    """Return the cost that a provider reported, ``None`` if it reported none."""
    amount = plain_number(metadata.get(REPORTED))
    if amount is None or amount < 0:
        return None
    return Cost(amount=Decimal(str(amount)), source="provider")


def cost_of(response: Response | Bill, *, prices_of: str | None = None) -> Cost | None:
    """Return what an answer costs, ``None`` if that is unknown; see :meth:`dragoman.Response.cost`."""
    if isinstance(response, Response) and response.alternatives:
        from dragoman.spec.several_answers import apart  # noqa: PLC0415  # few answers have alternatives

        if len(each_alone := apart(response)) > 1:
            return Cost.total(cost_of(each, prices_of=prices_of) for each in each_alone)
    reported = reported_cost(response.metadata)
    if reported is not None:
        return reported
    usage = response.usage
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    from dragoman.spec.prices import priced  # noqa: PLC0415  # price lists are slow to import

    return priced(response, usage.input_tokens, usage.output_tokens, prices_of)
