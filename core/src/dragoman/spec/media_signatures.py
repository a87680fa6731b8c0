"""The types of media by their first bytes, where names do not tell them or tell them wrong.

The signatures are those of the formats: https://mimesniff.spec.whatwg.org/#matching-a-mime-type-pattern.
"""

from __future__ import annotations

_SIGNATURES: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"II*\x00", 0, "image/tiff"),
    (b"MM\x00*", 0, "image/tiff"),
    (b"%PDF-", 0, "application/pdf"),
    (b"WAVE", 8, "audio/wav"),
    (b"ID3", 0, "audio/mpeg"),
    (b"fLaC", 0, "audio/flac"),
    (b"OggS", 0, "audio/ogg"),
    (b"AVI ", 8, "video/x-msvideo"),
)
"""The bytes by which a format is known, and where they stand."""

_BOX, _EBML = b"ftyp", b"\x1aE\xdf\xa3"
_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
"""The types of files in boxes, by their brand; any other brand is a video."""
_HEAD = 64
"""How many bytes of a file in EBML are looked through for its type."""
_LAYERS = {0: "audio/aac", 1: "audio/mpeg"}
"""The types of streams of MPEG audio by their layer, of which 0 stands for ADTS and 1 for the third."""
SIGNED = frozenset(
    {
        *(kind for _, _, kind in _SIGNATURES),
        *_BRANDS.values(),
        *_LAYERS.values(),
        *("video/mp4", "video/webm", "video/x-matroska"),
        *("audio/mp3", "audio/x-wav", "audio/wave"),  # other names of types above
    }
)
"""The types of formats whose first bytes are never text alone."""


def signed_type(data: bytes) -> str | None:
    """Return the media type that the first bytes of *data* tell, ``None`` if they tell none."""
    if data[4:8] == _BOX:
        return _BRANDS.get(data[8:12], "video/mp4")
    if data.startswith(_EBML):
        return "video/webm" if b"webm" in data[:_HEAD] else "video/x-matroska"
    if data[:1] == b"\xff" and data[1:2] >= b"\xf0":  # all bits of the synchronization, and MPEG 1 or 2
        return _LAYERS.get(data[1] >> 1 & 3)
    return next((kind for mark, at, kind in _SIGNATURES if data[at : at + len(mark)] == mark), None)


def is_sure(media_type: str | None) -> bool:
    """Return whether the first bytes tell a type for certain, whatever the name of the file says."""
    return media_type is not None and (media_type.startswith("image/") or media_type == "application/pdf")
