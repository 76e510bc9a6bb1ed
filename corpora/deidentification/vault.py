"""Bringing back what was masked, for who holds the key: AES-256-GCM (NIST SP 800-38D) by `cryptography`.

Nothing is kept unless the owner calls `seal`; the key and the sealed bytes are the owner's to store, apart.
"""

import hashlib
import os
from typing import TYPE_CHECKING

import msgspec

from corpora.deidentification.records import Deidentified
from corpora.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_LENGTH = 32  # bytes
_NONCE_LENGTH = 12  # bytes, SP 800-38D section 8.2.2
_FORM = b"biocite-vault-1"
_REMEDY = "Install it with: pip install 'biocite[patients]'"


def new_key() -> bytes:
    """A key of 32 random bytes."""
    return os.urandom(KEY_LENGTH)


def seal(key: bytes, original: str, deidentified: Deidentified) -> bytes:
    """What was masked in `original`, encrypted and bound to this de-identified text.

    UsageError for a key of another length, or where `cryptography` is not installed. The length of the result tells the
    length of all identifiers together.
    """
    masked = [item.original_span.of(original) for item in deidentified.masked]
    spans = [(item.new_span.start, item.new_span.end) for item in deidentified.masked]
    content = msgspec.json.encode((spans, masked))
    nonce = os.urandom(_NONCE_LENGTH)
    return _FORM + nonce + _cipher(key).encrypt(nonce, content, _bound_to(deidentified.text))


def unseal(key: bytes, sealed: bytes, deidentified_text: str) -> str:
    """The original note. UsageError for the wrong key or text, and for sealed bytes that were changed."""
    from cryptography.exceptions import InvalidTag

    cipher = _cipher(key)
    start = len(_FORM)
    nonce = sealed[start : start + _NONCE_LENGTH]
    if not sealed.startswith(_FORM) or len(nonce) < _NONCE_LENGTH:
        raise UsageError("these bytes are no sealed identifiers", remedy="Give what `seal` returned")
    try:
        content = cipher.decrypt(nonce, sealed[start + _NONCE_LENGTH :], _bound_to(deidentified_text))
    except InvalidTag:
        message = "the sealed identifiers cannot be opened: another key, another text, or changed bytes"
        raise UsageError(message, remedy="Give the key and the de-identified text that belong to them") from None
    spans, masked = msgspec.json.decode(content, type=tuple[list[tuple[int, int]], list[str]])
    parts: list[str] = []
    position = 0
    for (begin, end), identifier in zip(spans, masked, strict=True):
        parts += (deidentified_text[position:begin], identifier)
        position = end
    return "".join((*parts, deidentified_text[position:]))


def _bound_to(text: str) -> bytes:
    """The associated data: sealed identifiers open only beside the text they were taken from."""
    return _FORM + hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def _cipher(key: bytes) -> "AESGCM":
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise UsageError("the library cryptography is not installed", remedy=_REMEDY) from error
    if len(key) != KEY_LENGTH:
        raise UsageError(
            f"a key of {KEY_LENGTH} bytes is needed, this has {len(key)}", remedy="Make one with `new_key`"
        )
    return AESGCM(key)
