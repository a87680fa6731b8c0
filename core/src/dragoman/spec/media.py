"""Images, audio, video and documents: their sources, and how they are made of what programs have at hand."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from stat import S_ISCHR
from typing import Any, TypeAlias

from attrs import field

from dragoman.spec._value import value
from dragoman.spec.argument_checks import shown, shown_path
from dragoman.spec.argument_names import door, tells_names
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.part_fields import PartFields, take_text

_BASE64 = ";base64,"


def _is_bytes(_: Any, __: object, data: Any) -> None:
    if isinstance(data, bytes | bytearray) or (isinstance(data, memoryview) and data.contiguous):
        return
    message = f"data of Bytes must be bytes, not {type(data).__name__}"  # pyright: ignore[reportUnknownArgumentType]
    raise InvalidRequestError(message)


def _all_texts(value: Any) -> None:
    for name in value.__attrs_attrs__:
        take_text(value, name.name)


@value(kw_only=True)
class Bytes:
    """Hold media as bytes.

    A ``bytearray`` or ``memoryview`` is read at each call: a change in it takes effect at the next call.
    """

    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>", validator=_is_bytes)

    @property
    def base64(self) -> str:
        """Return the data in base64."""
        return base64.b64encode(self.data).decode("ascii")


@value(kw_only=True)
class Url:
    """Refer to media by a URL, which the provider fetches; this library never fetches it."""

    url: str
    __attrs_post_init__ = _all_texts


@value(kw_only=True)
class FileRef:
    """Refer to media that was uploaded to a provider before, as :meth:`LLM.upload` returns it.

    Args:
        file_id: its id at the provider.
        issuer: the provider that it was uploaded to; ``None`` if that is not known.
        ids: its ids at several providers, by issuer; see :meth:`of`.
        media_type: its media type, which :meth:`Media.of` takes over.
        filename: its file name, which :meth:`Media.of` takes over.

    """

    file_id: str
    issuer: str | None = None
    ids: Mapping[str, str] = field(factory=dict[str, str])
    media_type: str | None = None
    filename: str | None = None

    def __attrs_post_init__(self) -> None:
        take_text(self, "file_id")
        for name in ("issuer", "media_type", "filename"):
            take_text(self, name, optional=True)

    @classmethod
    @door
    def of(cls, ids: Mapping[str, str], *, media_type: str | None = None, filename: str | None = None) -> FileRef:
        """Refer to one file that was uploaded to several providers.

        Args:
            ids: its ids, by provider.
            media_type: its media type.
            filename: its file name.

        Raises:
            InvalidRequestError: if there is no id.

        """
        given: Any = ids  # callers without a type checker
        if not isinstance(given, Mapping) or not given:
            message = f"ids must be a mapping of ids by provider, such as {{'acme': 'file-1'}}, not {shown(ids)}"
            raise InvalidRequestError(message)
        issuer, first = next(iter(ids.items()))
        return cls(file_id=first, issuer=issuer, ids=dict(ids), media_type=media_type, filename=filename)

    def id_for(self, issuer: str) -> str:
        """Return the id of the file at the provider *issuer*.

        Raises:
            InvalidRequestError: if the file was only uploaded to others.

        """
        if issuer in self.ids:
            return self.ids[issuer]
        if self.issuer in {None, issuer}:
            return self.file_id
        known = ", ".join(self.ids or [str(self.issuer)])
        message = (
            f"the file {shown(self.file_id)} was uploaded to {known}, and {issuer} cannot read it; upload it there"
        )
        raise InvalidRequestError(f"{message} too, and give FileRef.of({{...}}) with both ids", parameter="messages")


@value(kw_only=True)
class InlineText:
    """Hold a document as plain text."""

    text: str
    __attrs_post_init__ = _all_texts


MediaSource: TypeAlias = Bytes | Url | FileRef | InlineText


def _is_source(_: Any, __: object, source: Any) -> None:
    if not isinstance(source, MediaSource):
        message = f"source of Media must be Bytes, Url, FileRef or InlineText, not {shown(source)}"
        raise InvalidRequestError(message)


def _media_type(given: str) -> str:
    """Return a media type in its usual spelling: in lower case, and with the family that a bare format belongs to."""
    if given.__class__ is not str or (given.islower() and "/" in given and given != "image/jpg"):
        return given
    kind, semicolon, parameters = given.partition(";")
    kind = kind.strip().lower()
    if "/" not in kind:
        kind = _type_of(f"file.{kind.removeprefix('.')}") or kind
    return f"{'image/jpeg' if kind == 'image/jpg' else kind}{semicolon}{parameters}"


@tells_names
@value(kw_only=True)
class Media(PartFields):
    """Hold an image, audio, a video or a document.

    Args:
        source: the data, or where it is.
        media_type: its type as in ``Content-Type``; ``image/*`` if only the family is known.
        filename: its file name, if it has one.

    """

    _texts = ("media_type",)
    _optional_texts = ("id", "filename")
    source: MediaSource = field(validator=_is_source)
    media_type: str = field(converter=_media_type)
    filename: str | None = None

    @classmethod
    @door
    def of(
        cls,
        source: str | bytes | PathLike[str] | FileRef,
        *,
        media_type: str | None = None,
        filename: str | None = None,
    ) -> Media:
        """Make media of a path, of bytes, of an address or of an uploaded file.

        Args:
            source: a path, whose file is read now; bytes; a string: a URL, a ``data:`` URL or a path; or what
                ``upload`` has returned.
            media_type: its type; by default, that of the first bytes of an image or a PDF, else that of the name of the
                file, else that of the first bytes.
            filename: its file name; by default, that of the path.

        Raises:
            InvalidRequestError: if the file cannot be read or is empty, if the type cannot be told, or if the bytes are
                a web page or base64 and the type is that of a picture and the like.

        """
        from dragoman.spec.media_content import check_content  # noqa: PLC0415  # it needs the classes of this module

        media = _media_of(source, media_type, filename)
        where = f"the file {shown(media.filename)}" if media.filename else "the source"
        check_content(media, where, parameter="source")
        return media


_SCHEMES = ("http", "https", "gs", "s3", "file")


_TYPE = r"(?a)[\w!#$&^.+*-]+/[\w!#$&^.+*-]+ *(;[ -~]*)?"
"""https://www.rfc-editor.org/rfc/rfc6838#section-4.2, with parameters."""


def _check_given(media_type: Any, filename: Any) -> None:
    """Refuse a media type or a file name that is none; an empty one counts as not given."""
    for name, given in (("media_type", media_type), ("filename", filename)):
        if given is not None and not isinstance(given, str):
            message = f"{name} must be a string, not {shown(given)}"
            raise InvalidRequestError(message, parameter=name)
    if media_type and not re.fullmatch(_TYPE, _media_type(media_type)):
        message = f"media_type must be a type such as 'image/png', not {shown(media_type)}"
        raise InvalidRequestError(message, parameter="media_type")


def _media_of(source: Any, media_type: str | None = None, filename: str | None = None) -> Media:
    _check_given(media_type, filename)
    if isinstance(source, FileRef):
        kind = _known(media_type or source.media_type, f"the file {source.file_id}")
        return Media(source=source, media_type=kind, filename=filename or source.filename)
    if isinstance(source, bytes | bytearray | memoryview):
        return _of_bytes(bytes(source), media_type, filename)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(source, str) and (":" in source[:8]):
        scheme = source.partition(":")[0].lower()
        if scheme == "data" or scheme in _SCHEMES:
            made, kind = address_source(source, "source", "")
            return Media(source=made, media_type=media_type or _known(kind, source), filename=filename)
    if isinstance(source, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source):
        known = ", ".join(_SCHEMES[:-1])
        message = f"providers fetch addresses of {known}, not {shown(source)}; give the bytes, or the path of a file"
        raise InvalidRequestError(message, parameter="source")
    if isinstance(source, str | PathLike):
        path = Path(source)  # pyright: ignore[reportUnknownArgumentType]
        try:
            data = _content(path)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            message = f"the file {shown_path(path)} cannot be read: {reason}; give the path of a file, bytes or a URL"
            raise InvalidRequestError(message, parameter="source") from None
        return _of_bytes(data, media_type, filename or path.name)
    message = f"media are made of a path, bytes or a URL, not {shown(source)}"
    raise InvalidRequestError(message)


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        if S_ISCHR(os.fstat(file.fileno()).st_mode):  # its content may have no end
            message = "it is a device, and no file"
            raise ValueError(message)
        return file.read()


def _of_bytes(data: bytes, media_type: str | None, filename: str | None) -> Media:
    kind = media_type
    if kind is None:
        from dragoman.spec.media_signatures import is_sure, signed_type  # noqa: PLC0415  # most media tell their type

        signed, named = signed_type(data), _type_of(filename or "")
        kind = signed if is_sure(signed) else named or signed
    return Media(source=Bytes(data=data), media_type=_known(kind, filename or "the data"), filename=filename)


def _type_of(name: str) -> str | None:
    import mimetypes  # noqa: PLC0415  # it reads the system's tables, and most media tell their type

    return mimetypes.guess_type(name)[0]


def _known(media_type: str | None, what: str) -> str:
    if not media_type or media_type.startswith("/"):
        message = f"the type of {shown(what)} is unknown; give media_type=, such as 'image/png'"
        raise InvalidRequestError(message, parameter="media_type")
    return media_type


def address_source(address: str, path: str, family: str) -> tuple[MediaSource, str]:
    """Return the source and the media type of an address.

    Args:
        address: a URL; a ``data:`` URL holds the data itself, as the base64 of a known format does.
        path: where it stands, for error messages.
        family: the family of the media, such as ``image``, for an address that does not tell its type; any, if empty.

    Raises:
        InvalidRequestError: if a ``data:`` URL does not hold base64.

    """
    if address[:5].lower() == "data:":
        head, found, data = address[5:].partition(",")
        kind, *more = [each.strip() for each in head.split(";")]
        if not found or "base64" not in more:
            message = f"{path} must be a data: URL in base64, as data:image/png;base64,…; it is {shown(address)}"
            raise InvalidRequestError(message, parameter="messages")
        return Bytes(data=base64_bytes(data, path)), kind.lower() or f"{family}/*"
    if ":" not in address and (held := _bare_base64(address)) is not None:
        return held
    guessed = _type_of(address.partition("?")[0]) or ""
    is_of_family = guessed.startswith(f"{family}/" if family else "")
    return Url(url=address), guessed if guessed and is_of_family else f"{family}/*"


def _bare_base64(text: str) -> tuple[Bytes, str] | None:
    """Return the data that a text holds in base64 and its type, ``None`` unless the first bytes tell a known format."""
    from dragoman.spec.media_signatures import signed_type  # noqa: PLC0415  # few programs need it

    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    kind = signed_type(data)
    return None if kind is None else (Bytes(data=data), kind)


def inline_data(part: Media) -> tuple[str, str] | None:
    """Return the media type and the base64 text of media that is given with its data, ``None`` for any other."""
    source = part.source
    if isinstance(source, Bytes):
        return part.media_type, source.base64
    if not isinstance(source, Url) or source.url[:5].lower() != "data:":
        return None
    head, found, data = source.url[5:].partition(_BASE64)
    return (head or part.media_type, data) if found else None


def address_of(source: Bytes | Url, media_type: str) -> str:
    """Return the address of media, for bytes a ``data:`` URL that holds them."""
    return source.url if isinstance(source, Url) else f"data:{media_type}{_BASE64}{source.base64}"


def base64_bytes(text: str, path: str) -> bytes:
    """Return the bytes of a base64 text.

    Raises:
        InvalidRequestError: if it is not base64.

    """
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise InvalidRequestError(f"{path} must be base64; it is {shown(text)}", parameter="messages") from None
