"""What a reference in FHIR R4 may mean: hashes of the names that a resource goes by.

Resolved as https://hl7.org/fhir/R4/bundle.html#references says: against ``fullUrl`` first, a relative one within the
base of its own entry, then by type and id; a logical one is looked up among identifiers.
"""

import re
from hashlib import blake2b
from urllib.parse import unquote

import msgspec

_HISTORY = re.compile(r"/_history/[^/]+$")
_TYPE_AND_ID = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})$")
_BY_IDENTIFIER = re.compile(r"^([A-Z][A-Za-z]+)\?identifier=([^|&]*?)(?:\||%7[Cc])([^&]+)$")


class Identifier(msgspec.Struct, frozen=True):
    """A FHIR Identifier, as far as it names somebody."""

    system: str | None = None
    value: str | None = None


class Reference(msgspec.Struct, frozen=True):
    """A FHIR Reference."""

    reference: str | None = None
    identifier: Identifier | None = None
    type: str | None = None


def key_of(scope: int, name: str) -> int:
    """A hash of 64 bits that stands for a name, 0 never being one."""
    digest = blake2b(f"{scope} {name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") or 1


def logical(kind: str, system: str | None, value: str) -> str:
    """The name of a resource by one of its identifiers."""
    return f"{kind}?identifier={system or ''}|{value}"


def keys_of(reference: Reference, scope: int, full_url: str | None) -> list[int]:
    """The names that a reference may mean, the likeliest first; none where it is to no resource."""
    said = _HISTORY.sub("", reference.reference or "")
    if said.startswith("urn:"):
        return [key_of(scope, said)]
    if by_identifier := _BY_IDENTIFIER.match(said):
        return [key_of(scope, logical(*map(unquote, by_identifier.groups())))]
    type_and_id = _TYPE_AND_ID.search(said)
    if type_and_id:
        plain = key_of(scope, f"{type_and_id[1]}/{type_and_id[2]}")
        if type_and_id.start() or said.startswith(("http:", "https:")):
            # An absolute address is met by an address; by type and id only among resources that have none.
            return [key_of(scope, said), plain] if full_url is None else [key_of(scope, said)]
        base = _base(full_url)
        return [key_of(scope, f"{base}/{said}"), plain] if base else [plain]
    if said:
        return [key_of(scope, said)] if ":" in said else []
    if reference.identifier is not None and reference.identifier.value:
        kind = reference.type or "Patient"
        return [key_of(scope, logical(kind, reference.identifier.system, reference.identifier.value))]
    return []


def _base(full_url: str | None) -> str:
    """The address of the server of an entry: what precedes its type and id."""
    found = _TYPE_AND_ID.search(full_url or "")
    return (full_url or "")[: found.start()] if found else ""
