"""Read parts of messages that programs hold as plain data in the wire formats of chat, of responses and of blocks.

Three formats are common, and the ``type`` of a part tells them apart: ``image_url`` is a part of a chat,
``input_image`` an item of the newer API of responses, and ``image`` with a ``source`` a content block. Members of a
part that have no place here are kept as its options for the provider of the call, which sends them as they are.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, cast

from dragoman.spec.data_members import Members, as_json, as_list, as_members, dumped
from dragoman.spec.data_owner import Owner, form_of
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.media import (
    Bytes,
    FileRef,
    InlineText,
    Media,
    MediaSource,
    Url,
    address_source,
    base64_bytes,
)
from dragoman.spec.nearest_name import after
from dragoman.spec.part_fields import JSON, Seal
from dragoman.spec.parts import (
    Citation,
    Data,
    Extension,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)

_AUDIO_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg"}
_AS_THEY_ARE = frozenset(
    {
        "container_upload",
        "file_url",
        "input_video",
        "search_result",
        "tool_addition",
        "tool_reference",
        "tool_removal",
    }
)
"""Types of parts in wire formats for which there is no part here: the provider of the call gets them unchanged."""

_OF_TEXT = ("_meta", "logprobs", "parsed", "parsed_output")
"""Members that servers and libraries add to the text of an answer, and that say nothing to a model."""
_OWN_TEXT = frozenset({"type", "text", "id", "seal", "options", "metadata", "citations"})


def is_foreign(data: Mapping[str, Any]) -> bool:
    """Tell whether an object is a part in one of the wire formats, and not in the form of :meth:`Message.to_dict`."""
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in _READERS:
        return False
    own = _ALSO_OWN.get(kind)
    return own is None or own(data)


def read_part(data: Mapping[str, Any], path: str, owner: Owner) -> Part:
    """Return a part of one of the wire formats.

    Args:
        data: the part, for which :func:`is_foreign` is true.
        path: where it stands, for error messages.
        owner: the provider of the call, to which members without a place here belong.

    Raises:
        InvalidRequestError: if a member is missing or of the wrong type; the message names its path.

    """
    return _READERS[data["type"]](Members(data, path, owner))


def read_result(content: Any, path: str, owner: Owner) -> Any:
    """Return the content of the result of a tool: a string, or the parts of a list of them.

    Raises:
        InvalidRequestError: if a part cannot be read.

    """
    if content is None:
        return ""
    listed = [dumped(each) for each in as_list(content) or ()]
    if not listed or not all(isinstance(each, Mapping) and "type" in each for each in listed):
        return content
    parts: list[Any] = []
    for index, each in enumerate(listed):
        where = f"{path}[{index}]"
        parts.append(read_part(each, where, owner) if is_foreign(each) else read_own_part(each, where, owner))
    return parts


def read_own_part(data: Mapping[str, Any], path: str, owner: Owner, *, is_answer: bool = False) -> Part:
    """Return a part in the form of :meth:`Message.to_dict`.

    Args:
        data: the part.
        path: where it stands, for error messages.
        owner: the provider of the call.
        is_answer: whether a part of an unknown type is from an answer of the provider, and goes back to it unchanged.

    Raises:
        InvalidRequestError: if the part does not fit, or its type is unknown.

    """
    from dragoman.spec.serialization import OWN_TYPES, part_from_dict  # noqa: PLC0415  # cattrs is slow to import

    data = {name: value for name, value in data.items() if value is not None or name == "value"}
    kind = data.get("type")
    if isinstance(kind, str) and kind and kind not in OWN_TYPES:
        if is_answer:
            form = form_of(kind)
            return Extension(kind=f"{owner.of(form)}.{kind}", value=cast("JSON", dict(data)))
        known = ", ".join(sorted({*OWN_TYPES, *_READERS}))
        message = f"{path} has the unknown type {kind!r}"
        message = after(message, kind, (*OWN_TYPES, *_READERS), f"known types are {known}")
        raise InvalidRequestError(message, parameter="messages")
    if not kind:
        message = f"{path} has no type; give one, as in {{'type': 'text', 'text': '...'}}"
        raise InvalidRequestError(message, parameter="messages")
    try:
        return part_from_dict(data)
    except InvalidRequestError as error:
        raise InvalidRequestError(f"{path}: {error}", parameter="messages") from None


def _text(part: Members) -> Part:
    text = part.text("text")
    annotations, cited = part.take("annotations"), part.take("citations")
    for name in _OF_TEXT:
        part.take(name)
    if part.type == "text" and cited:
        return Text(text=text, seal=Seal(issuer=part.owner.of("blocks"), payload=cited), **part.rest())
    listed = as_list(annotations or cited) if part.type == "output_text" else None  # those of MCP are no citations
    return Text(text=text, citations=tuple(map(_citation, listed or ())), **part.rest())


def _citation(given: Any) -> Citation:
    """Return an annotation of an earlier answer, which its provider gets unchanged."""
    annotation = cast("Mapping[str, JSON]", given if isinstance(given, Mapping) else {})
    url, title = annotation.get("url"), annotation.get("title")
    return Citation(
        source_url=url if isinstance(url, str) else None,
        title=title if isinstance(title, str) else None,
        metadata=dict(annotation),
    )


def _refusal(part: Members) -> Part:
    return Refusal(text=part.text("refusal"), **part.rest())


def _thinking(part: Members) -> Part:
    if part.type == "redacted_thinking":
        hidden = Seal(issuer=part.owner.of("blocks"), payload=part.text("data"))
        return Reasoning(redacted=True, seal=hidden, **part.rest())
    pieces = as_list(part.data.get("thinking"))
    if pieces is not None:
        texts = [str(cast("Mapping[str, Any]", each).get("text", "")) for each in pieces if isinstance(each, Mapping)]
        return Reasoning(
            text="".join(texts), seal=Seal(issuer=part.owner.of("chat"), payload=cast("JSON", dict(part.data)))
        )
    text, signature = part.text("thinking"), part.optional_text("signature")
    seal = Seal(issuer=part.owner.of("blocks"), payload=signature) if signature else None
    return Reasoning(text=text, seal=seal, **part.rest())


def _as_it_is(part: Members) -> Part:
    return Extension(kind=f"{part.owner.of(form_of(str(part.type)))}.{part.type}", value=cast("JSON", dict(part.data)))


def _video_url(part: Members) -> Part:
    video = part.nested("video_url")
    source, kind = address_source(video.text("url"), f"{video.path}.url", "video")
    video.refuse_rest()
    return Media(source=source, media_type=kind, **part.rest())


def _document_url(part: Members) -> Part:
    """Read a document of a chat, whose address is a string or stands in an object."""
    value = part.take("document_url")
    address = Members({"url": value}, part.path, part.owner) if isinstance(value, str) else None
    document = address or Members({"document_url": value}, part.path, part.owner).nested("document_url")
    name = part.optional_text("document_name")
    source, kind = address_source(document.text("url"), f"{part.path}.document_url", "")
    document.refuse_rest()
    kind = _type_of_name(name, "application/pdf") if kind == "/*" else kind
    return Media(source=source, media_type=kind, filename=name, **part.rest())


def _image_url(part: Members) -> Part:
    """Read an image of a chat, whose address is a string in some programs."""
    value = part.take("image_url")
    if isinstance(value, str):
        return _image_at(part, value, f"{part.path}.image_url", part.optional_text("detail"))
    if not isinstance(value, Mapping):
        raise part.wrong("image_url", "an object with a url", value)
    image = Members(cast("Mapping[str, Any]", value), f"{part.path}.image_url", part.owner)
    made = _image_at(part, image.text("url"), f"{image.path}.url", image.optional_text("detail"))
    image.refuse_rest()
    return made


def _image_at(part: Members, address: str, path: str, detail: str | None) -> Media:
    source, kind = address_source(address, path, "image")
    rest = part.rest()
    if detail is not None:
        rest["metadata"] = {**rest.get("metadata", {}), "detail": detail}
    return Media(source=source, media_type=kind, **rest)


def read_images(message: Members) -> list[Part]:
    """Return the images that stand beside the content of a message, in base64 or as parts of a chat.

    Raises:
        InvalidRequestError: if an image cannot be read.

    """
    given = message.take("images")
    images = as_list(given)
    if images is None and given is not None:
        raise message.wrong("images", "a list", given)
    read: list[Part] = []
    for index, image in enumerate(images or ()):
        path = f"{message.path}.images[{index}]"
        if isinstance(image, str):
            source, kind = address_source(image, path, "image")
            read.append(Media(source=source, media_type=kind))
        else:
            part = as_members(image, path, message.owner)
            part.take("index")
            read.append(_image_url(part))
    return read


def _input_image(part: Members) -> Part:
    if "image_url" in part:
        return _image_url(part)
    source, detail = FileRef(file_id=part.text("file_id")), part.optional_text("detail")
    rest = part.rest()
    if detail is not None:
        rest["metadata"] = {**rest.get("metadata", {}), "detail": detail}
    return Media(source=source, media_type="image/*", **rest)


def _input_audio(part: Members) -> Part:
    audio = part.nested("input_audio")
    data, form = base64_bytes(audio.text("data"), f"{audio.path}.data"), audio.text("format")
    audio.refuse_rest()
    return Media(source=Bytes(data=data), media_type=_AUDIO_TYPES.get(form, f"audio/{form}"), **part.rest())


def _file(part: Members) -> Part:
    """Read a file of a chat, whose members stand in an object of their own, or of the API of responses."""
    file = part.nested("file") if "file" in part else part
    name = file.optional_text("filename")
    if "file_id" in file:
        source: MediaSource = FileRef(file_id=file.text("file_id"))
        kind = _type_of_name(name)
    elif "file_url" in file:
        source, kind = Url(url=file.text("file_url")), _type_of_name(name, "application/pdf")
    else:
        data, path = file.text("file_data"), f"{file.path}.file_data"
        if data[:8].lower() == "https://":
            source, kind = Url(url=data), _type_of_name(name, "application/pdf")
        elif data[:5].lower() == "data:":
            source, kind = address_source(data, path, "application")
        else:
            source, kind = Bytes(data=base64_bytes(data, path)), _type_of_name(name, "application/pdf")
    if file is not part:
        file.refuse_rest()
    return Media(source=source, media_type=kind, filename=name, **part.rest())


def _type_of_name(name: str | None, otherwise: str = "application/octet-stream") -> str:
    return mimetypes.guess_type(name or "")[0] or otherwise


def _block(part: Members) -> Part:
    """Read an image or a document of content blocks, which name their source by a type of its own."""
    if part.type == "document" and "document" in part:
        return _data(part)
    source = part.nested("source")
    family = "image/*" if part.type == "image" else "application/pdf"
    if source.type == "base64":
        kind = source.text("media_type")
        made: MediaSource = Bytes(data=base64_bytes(source.text("data"), f"{source.path}.data"))
    elif source.type == "url":
        made, kind = Url(url=source.text("url")), family
    elif source.type == "file":
        made, kind = FileRef(file_id=source.text("file_id")), family
    elif source.type == "text":
        made, kind = InlineText(text=source.text("data")), source.optional_text("media_type") or "text/plain"
    else:
        raise source.wrong("type", "base64, url, file or text", source.type)
    source.refuse_rest()
    name = part.optional_text("title") if part.type == "document" else None
    return Media(source=made, media_type=kind, filename=name, **part.rest())


def _data(part: Members) -> Part:
    """Read the document of a result, which holds what a tool returned, as text or an object."""
    document = part.nested("document")
    document.take("id")
    data = document.take("data")
    document.refuse_rest()
    return Text(text=data, **part.rest()) if isinstance(data, str) else Data(value=data, **part.rest())


def _tool_use(part: Members) -> Part:
    call_id, name, given = part.text("id"), part.text("name"), part.take("input")
    if not part.owner.has("blocks"):
        part.take("caller")  # says only who asked for the call, and only to its vendor
    arguments = given if isinstance(given, str) else as_json({} if given is None else given, f"{part.path}.input")
    return ToolCall(name=name, call_id=call_id, arguments=arguments, **part.rest())


def _tool_result(part: Members) -> Part:
    call_id, failed = part.text("tool_use_id"), part.take("is_error")
    content = read_result(part.take("content"), f"{part.path}.content", part.owner)
    return ToolResult(call_id=call_id, name="", content=content, outcome="error" if failed else "ok", **part.rest())


_Reader: TypeAlias = Callable[[Members], Part]
_READERS: Mapping[str, _Reader] = {
    "text": _text,
    "input_text": _text,
    "output_text": _text,
    "refusal": _refusal,
    "thinking": _thinking,
    "redacted_thinking": _thinking,
    "document_url": _document_url,
    "image_url": _image_url,
    "video_url": _video_url,
    "input_image": _input_image,
    "input_audio": _input_audio,
    "file": _file,
    "input_file": _file,
    "image": _block,
    "document": _block,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
    **dict.fromkeys(_AS_THEY_ARE, _as_it_is),
}
"""The readers of parts, by the types of parts in the wire formats."""


def _has(*names: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda data: any(name in data for name in names)


_ALSO_OWN: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "text": lambda data: not data.keys() <= _OWN_TEXT or _is_wire_citations(data.get("citations")),
    "refusal": _has("refusal"),
    "tool_result": _has("tool_use_id"),
}
"""How to tell a part of a wire format from one of ours that has the same type."""


def _is_wire_citations(citations: Any) -> bool:
    return isinstance(citations, Iterable) and any(isinstance(each, Mapping) and "type" in each for each in citations)  # pyright: ignore[reportUnknownVariableType]
