"""What providers list as their models: asked, remembered in a file of the user, and read again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, field, frozen

from dragoman.cli.error_messages import one_line
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import DragomanError
from dragoman.spec.user_folder import user_folder

if TYPE_CHECKING:
    from dragoman.client.llm import LLM
    from dragoman.spec.operations import ModelInfo

FILE = "models.json"
"""The name of the file in the folder of the user."""
_LIMIT = 15.0
"""Seconds that a provider may take."""


def _as_tuple(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


@frozen(kw_only=True)
class ListedModel:
    """Describe a model; ``None`` and an empty tuple mean that something is not known.

    Args:
        id: its name.
        context: the most tokens of a conversation.
        output: the most tokens of an answer.
        input: the kinds of media that it takes, besides text.

    """

    id: str
    context: int | None = None
    output: int | None = None
    input: tuple[str, ...] = field(default=(), converter=_as_tuple)


@frozen(kw_only=True)
class ModelList:
    """Hold what is known of the models of one provider.

    Args:
        provider: its name.
        models: its models, as it listed them last.
        asked: when that was, in seconds since 1970; ``None`` if it never did.
        problem: why it does not list them now, ``None`` if it does.

    """

    provider: str
    models: tuple[ListedModel, ...] = ()
    asked: float | None = None
    problem: str | None = None


def remembered(path: Path | None) -> dict[str, ModelList]:
    """Return what a file holds, by provider; nothing if it cannot be read, since it is only a cache."""
    try:
        data: Any = json.loads(path.read_bytes()) if path else {}
        return {name: _of_data(name, each) for name, each in data.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _of_data(name: str, data: Mapping[str, Any]) -> ModelList:
    return ModelList(
        provider=name, models=tuple(ListedModel(**each) for each in data["models"]), asked=float(data["asked"])
    )


def model_names(environ: Mapping[str, str]) -> list[str]:
    """Return what ``--model`` and ``/model`` are completed with: providers, and the models that they listed."""
    from dragoman.plugins.registry import installed  # noqa: PLC0415  # not needed to read what was listed

    folder = user_folder(environ)
    known = remembered(folder and folder / FILE)
    listed = (f"{provider}/{model.id}" for provider, each in known.items() for model in each.models)
    return sorted({*(f"{name}/" for name in installed().provider_names()), *listed})


def remember(path: Path, lists: Iterable[ModelList]) -> None:
    """Write what was listed to a file; if it cannot be written, it is asked again the next time."""
    known = {each.provider: asdict(each) for each in lists if each.asked is not None}
    data = {name: {"asked": each["asked"], "models": each["models"]} for name, each in known.items()}
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(json.dumps(data), "utf-8")
    except OSError:
        return


async def ask_all(providers: Sequence[str], known: Mapping[str, ModelList]) -> list[ModelList]:
    """Ask providers at the same time for their models.

    Args:
        providers: the names of the providers.
        known: what they listed before, which stays where one does not answer now.

    """
    import asyncio  # noqa: PLC0415  # not needed to read what was listed

    return [*await asyncio.gather(*(_ask(each, known.get(each, ModelList(provider=each))) for each in providers))]


async def _ask(provider: str, known: ModelList) -> ModelList:
    from dragoman.client.llm import LLM  # noqa: PLC0415  # not needed to read what was listed

    try:
        async with LLM(_configuration(provider, provider)) as llm:
            listed = await llm.models()
            models = tuple(_described(llm, provider, each) for each in sorted(listed, key=lambda each: each.id))
    except DragomanError as error:
        return evolve(known, problem=one_line(error))
    return ModelList(provider=provider, models=models, asked=time.time())


def _configuration(provider: str, model: str) -> LLMConfig:
    return LLMConfig(model=model, provider=provider, timeout=_LIMIT, num_retries=0)


def _described(llm: LLM, provider: str, info: ModelInfo) -> ListedModel:
    """Return a model with what its list says, and otherwise with what its plugin knows."""
    from dragoman.spec.capabilities import Support  # noqa: PLC0415  # not needed to read what was listed

    llm.config = _configuration(provider, info.id)
    known = llm.capabilities()
    kinds = {kind.partition("/")[0] for kind, cap in known.input.items() if cap.support is Support.YES}
    return ListedModel(
        id=info.id,
        context=info.context_tokens or known.context_tokens,
        output=info.output_tokens or known.output_tokens,
        input=tuple(sorted("document" if kind == "application" else kind for kind in kinds)),
    )
