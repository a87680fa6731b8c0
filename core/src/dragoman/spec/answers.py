"""Read the answer of a model as a value of a type: find the JSON in its text, and check it against the type.

Models write more than JSON: a code fence around it, a sentence or their reasoning before it. If the text as a whole is
not JSON, the JSON in it is looked for. The value is then checked against the type without coercion, by the rules of
JSON Schema: ``5.0`` is an integer. ``null`` for a member with a default value means the default.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from dragoman.spec._json_depth import parse_json
from dragoman.spec.answer_containers import WrittenFloat
from dragoman.spec.answer_types import answer_converter, bare
from dragoman.spec.argument_checks import is_hashable, shown
from dragoman.spec.class_unions import check_unions
from dragoman.spec.errors import InvalidRequestError, OutputValidationError
from dragoman.spec.json_push_parser import Path
from dragoman.spec.parts import Text
from dragoman.spec.response import FinishReason, Response
from dragoman.spec.schema import WRAPPED, json_schema, read_schema
from dragoman.spec.schema_bounds import has_bounds, has_format, outside_bounds
from dragoman.spec.sent_names import OTHER_ANSWERS
from dragoman.spec.strict_conversion import misfits
from dragoman.spec.whole_answer import check_calls, check_complete, check_declined, refuse_cut

if TYPE_CHECKING:
    from typing_extensions import TypeForm

T = TypeVar("T")

_FENCE = re.compile(r"```[a-zA-Z0-9_-]*[ \t]*\n?(.*?)```", re.DOTALL)
_REASONING = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL)
"""Reasoning in the text; templates that put its beginning into the prompt leave only its end."""
_THOUGHT = re.compile(r'\\.|(?<![^\s{\[:,])"(?:[^"\\\n]|\\.)*+"|(?P<tag><think(?:ing)?>)')
"""The beginning of reasoning, which is none within a quoted text."""
_WORDS = ("true", "false", "null", "-")
"""How values begin that a text may end within, besides texts."""
_MAX_BRACKETS = 20
"""How many brackets of a text are tried as the beginning of its JSON."""


def check_readable(kind: object) -> None:
    """Refuse a type that answers cannot be read as, before anything is sent.

    Raises:
        InvalidRequestError: if *kind* is such a type; the message names it.

    """
    try:
        answer_converter().get_structure_hook(bare(kind))
    except Exception as error:
        message = f"an answer cannot be read as {shown(kind)}: {error}; use a class, a union or a built-in type"
        raise InvalidRequestError(message, parameter="output") from error
    check_unions(kind)


def read_answer(response: Response, kind: TypeForm[T]) -> T:
    """Return the answer of *response* as a value of *kind*; see :meth:`dragoman.Response.parse`."""
    return read_data(response, kind)[1]


def read_data(response: Response, kind: TypeForm[T]) -> tuple[Any, T]:
    """Return the answer of *response* as plain data, out of what it was wrapped in, and as a value of *kind*."""
    check_declined(response)
    if response.finish.reason == FinishReason.LENGTH:
        refuse_cut(response)
    check_complete(response)
    if OTHER_ANSWERS in response.metadata:
        message = f"the model gave several answers that differ; the others are response.metadata[{OTHER_ANSWERS!r}]"
        raise OutputValidationError(message, partial=response)
    if not response.text.strip():
        check_calls(response)
    texts = [part.text for part in response.message.of_type(Text)]
    failures: list[str] = []
    for data in _data_in(texts, response, WrittenFloat if _has_decimals(kind) else float):
        plain = data[WRAPPED] if is_wrapped(data, kind) else data
        try:
            return plain, read_value(plain, kind)
        except ValueError as error:
            failures.append(str(error))
    message = f"the answer does not fit {getattr(kind, '__name__', kind)}: {failures[0]}"
    raise OutputValidationError(message, partial=response)


def read_value(plain: Any, kind: Any, path: Path = ()) -> Any:
    """Return plain data as a value of *kind*.

    Args:
        plain: the data.
        kind: the type.
        path: where the data stands in the answer, for the message.

    Raises:
        ValueError: if it does not fit; the message names the path of each misfit.

    """
    try:
        value = answer_converter().structure(plain, bare(kind))
    except Exception as error:  # noqa: BLE001  # cattrs raises groups of whatever the hooks raised
        found = misfits(error)
    else:
        found = _outside_bounds(plain, kind)
        if not found:
            return value
    raise ValueError("; ".join(_moved(each, path) for each in found))


def _moved(misfit: str, path: Path) -> str:
    """Return a misfit whose path begins at the root, from which *path* leads to where its own begins."""
    what, at, where = misfit.rpartition(" @ $")
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return f"{what} @ ${steps}{where}" if at else misfit


def _outside_bounds(plain: Any, kind: Any) -> list[str]:
    """Return what the schema of *kind* says against a value beyond its type; a vendor may not have been told of it."""
    schema = _bounded_schema(kind) if is_hashable(kind) else _schema_with_bounds(kind)
    return [] if schema is None else outside_bounds(plain, schema)


def _schema_with_bounds(kind: Any) -> dict[str, Any] | None:
    schema = read_schema(kind)
    return schema if has_bounds(schema) else None


_bounded_schema = lru_cache(maxsize=256)(_schema_with_bounds)


def _has_decimals(kind: Any) -> bool:
    """Tell whether a value of *kind* may hold decimal numbers, of which all digits count."""
    return _names_decimals(kind) if is_hashable(kind) else _asks_for_decimals(kind)


def _asks_for_decimals(kind: Any) -> bool:
    return has_format(read_schema(kind), "decimal")


_names_decimals = lru_cache(maxsize=256)(_asks_for_decimals)


def _data_in(texts: list[str], response: Response, number: type[float]) -> Iterator[Any]:
    """Yield the JSON of an answer: of all of it, or of each of its pieces that may be meant."""
    reason = ""
    for text in ("".join(texts), *texts[-1:]):  # some models write another text before the answer
        try:
            data = parse_json(text, parse_float=number)
        except ValueError as error:
            reason = reason or str(error)
        else:
            yield data
            yield from _quoted_in(data, number)
            return
    found = False
    spoken = _REASONING.sub("", "".join(texts))
    said = _without_open_thought(spoken)
    for text in _candidates(said.strip()):
        try:
            data = parse_json(text, parse_float=number)
        except ValueError:
            continue
        found = True
        yield data
    if not found:
        check_calls(response)
        if said != spoken:
            reason = "it ends within its reasoning"
        message = f"the answer is not JSON: {reason}"
        raise OutputValidationError(message, partial=response)


def _quoted_in(data: Any, number: type[float]) -> Iterator[Any]:
    """Yield the JSON in a text that is the whole of an answer: some models quote what they were asked for."""
    if isinstance(data, str):
        with contextlib.suppress(ValueError):
            yield parse_json(data, parse_float=number)


def _candidates(text: str) -> Iterator[str]:
    """Yield the pieces of a text without reasoning that may be its JSON: all of it, in a code fence, at a bracket."""
    yield text
    yield from reversed(_FENCE.findall(text))
    yield from _json_at_brackets(text)


def _without_open_thought(text: str) -> str:
    """Return a text up to reasoning that does not end: what is thought is not an answer."""
    if "<think" not in text:
        return text
    begun = next((each.start() for each in _THOUGHT.finditer(text) if each["tag"]), len(text))
    return text[:begun]


def _json_at_brackets(text: str) -> Iterator[str]:
    """Yield the JSON that begins at the first brackets of a text, none of it twice, nor a piece of what is cut."""
    decoder, past = json.JSONDecoder(), 0
    for bracket, _ in zip(re.finditer(r"[\[{]", text), range(_MAX_BRACKETS), strict=False):
        if bracket.start() < past:
            continue
        try:
            _, past = decoder.raw_decode(text, bracket.start())
        except json.JSONDecodeError as error:
            if _is_cut(text, error):
                return
        except (ValueError, RecursionError):
            continue
        else:
            yield text[bracket.start() : past]


def _is_cut(text: str, error: json.JSONDecodeError) -> bool:
    """Tell whether a text ended in the middle of its JSON."""
    rest = text[error.pos :].strip()
    return error.msg.startswith("Unterminated string") or any(word.startswith(rest) for word in _WORDS)


def is_wrapped(data: Any, kind: Any) -> bool:
    """Tell whether the value was wrapped in an object."""
    return isinstance(data, dict) and data.keys() == {WRAPPED} and may_be_wrapped(kind)


def may_be_wrapped(kind: Any) -> bool:
    """Tell whether a value of *kind* is wrapped where vendors require a schema of an object."""
    return _is_no_object(kind) if is_hashable(kind) else _needs_wrapping(kind)


def _needs_wrapping(kind: Any) -> bool:
    return json_schema(kind).get("type") != "object"


_is_no_object = lru_cache(maxsize=256)(_needs_wrapping)
