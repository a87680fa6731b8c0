"""Keys and tokens that are known by the format that their issuers give them, in either case of letters."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from dragoman_recorder.text_edits import Span

_DENSE = re.compile(r"[A-Za-z0-9]{16,}|(?=[A-Za-z]*\d)[A-Za-z0-9]{8,}")
_MIXED = re.compile(r"\d|[a-z][A-Z]")
_LONG = 32  # characters
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")


def _any(_: str) -> bool:
    return True


def _has_digit(text: str) -> bool:
    return any(each.isdigit() for each in text)


def _is_dense(text: str) -> bool:
    """Return whether a text holds random characters, not words joined by hyphens as in ``sk-learn-compatible``."""
    return _DENSE.search(text) is not None


def _is_token(text: str) -> bool:
    return _MIXED.search(text) is not None or len(text) >= _LONG


def _is_basic(text: str) -> bool:
    """Return whether a text encodes a user and a password, as in https://www.rfc-editor.org/rfc/rfc7617."""
    decoded = _decode(text)
    return b":" in decoded and decoded.isascii() and decoded.decode("ascii").isprintable()


_START = r"(?<![A-Za-z0-9])"
_FORMATS: tuple[tuple[tuple[str, ...], re.Pattern[str], Callable[[str], bool]], ...] = tuple(
    (needles, re.compile(f"(?i){pattern}"), condition)
    for needles, pattern, condition in (
        (("sk-", "sk_", "rk_", "pk_", "pk-", "rk-"), _START + r"[srp]k[-_]([A-Za-z0-9_-]{16,})", _is_dense),
        (
            ("gsk_", "csk-", "xai-", "pplx-", "nvapi-", "tvly-"),
            _START + r"(?:[gc]sk[-_]|xai-|pplx-|nvapi-|tvly-)([A-Za-z0-9_-]{16,})",
            _is_dense,
        ),
        (("aiza",), r"AIza([A-Za-z0-9_-]{30,})", _any),
        (("ya29.",), r"ya29\.([A-Za-z0-9._-]{16,})", _any),
        (
            ("akia", "asia"),
            _START + r"(A(?:KI|SI)A[A-Z0-9]{16})(?![A-Za-z0-9])",
            _has_digit,
        ),
        (("gh",), r"gh[a-z]_([A-Za-z0-9]{20,})", _any),
        (("github_pat_",), r"github_pat_([A-Za-z0-9_]{20,})", _any),
        (("glpat-", "gldt-", "glrt-", "glsa_"), r"gl(?:pat-|dt-|rt-|sa_)([A-Za-z0-9_.-]{16,})", _any),
        (("xox", "xapp-"), r"(?:xox[a-z]|xapp)-([A-Za-z0-9-]{10,})", _has_digit),
        (("hf_",), _START + r"hf_([A-Za-z0-9]{20,})", _any),
        (("npm_",), _START + r"npm_([A-Za-z0-9]{30,})", _any),
        (("pypi-",), _START + r"pypi-([A-Za-z0-9_-]{16,})", _is_dense),
        (("sg.",), _START + r"SG\.([A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})", _any),
        (("r8_",), _START + r"r8_([A-Za-z0-9]{20,})", _any),
        (
            ("whsec_", "shpat_", "shpss_", "dop_v1_"),
            _START + r"(?:whsec_|shp[a-z]{2}_|dop_v1_)([A-Za-z0-9+/=_-]{16,})",
            _any,
        ),
        (("eyj",), _START + r"(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)*)", _any),
        (
            ("private key",),
            (
                r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
                r"(?:(?:(?!-----BEGIN)(?s:.))*?-----END [A-Z0-9 ]{0,40}KEY(?: BLOCK)?-----"
                r"|(?:(?:\s|\\+[nr])*+[A-Za-z0-9+/=]{12,})*+))"
            ),
            _any,
        ),
        (("bearer",), _START + r"Bearer\s+([A-Za-z0-9._~+/=-]{8,})", _is_token),
        (("basic",), _START + r"Basic\s+([A-Za-z0-9+/_-]{6,}={0,2})", _is_basic),
        (("://",), r"://[^\s/?#:@\"'<>\\]*:([^\s/?#\"'<>\\]+)@", _any),
        (
            ("?", "&"),
            (
                r"[?&](?:amp;)?(?:[\w.-]{0,40}[-_.])?(?:(?:api|access)?key|token|secret|sig|signature|auth|pwd|pass|password)"
                r"=([^&#\s\"'<>\\]+)"
            ),
            _any,
        ),
    )
)
_WITH_CONTEXT = frozenset({"bearer", "basic", "://", "?"})
"""The formats of which only the first group is secret, named by their first needle."""


def find_formatted_secrets(text: str) -> Iterator[Span]:
    """Yield where *text* holds something in the format of a key or a token."""
    lower_case = text.lower()
    for needles, pattern, condition in _FORMATS:
        if any(needle in lower_case for needle in needles):
            for found in pattern.finditer(text):
                if condition(found[1]):
                    yield found.span(1) if needles[0] in _WITH_CONTEXT else found.span()


def find_encoded_secrets(text: str, has_secret: Callable[[str], bool]) -> Iterator[Span]:
    """Yield where *text* holds base64 that decodes to a text with a secret.

    Args:
        text: the text.
        has_secret: returns whether a decoded text, with one character for each byte, holds a secret.

    """
    for found in _BASE64.finditer(text):
        if has_secret(_decode(found[0]).decode("latin-1")):
            yield found.span()


def _decode(encoded: str) -> bytes:
    digits = encoded.rstrip("=").translate(str.maketrans("-_", "+/"))
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4))
    except binascii.Error:
        return b""
