"""The schemas of request bodies, just as msgspec checks them, limits inside unions and lists included.

Litestar's own leave those out, and then promise to take what is refused.
"""

from typing import Any

import msgspec
from litestar.openapi.spec import OpenAPIType, Schema

_RENAMED = {
    "anyOf": "any_of",
    "oneOf": "one_of",
    "minItems": "min_items",
    "maxItems": "max_items",
    "minLength": "min_length",
    "maxLength": "max_length",
    "uniqueItems": "unique_items",
    "exclusiveMinimum": "exclusive_minimum",
}
_AS_IT_IS = frozenset(
    ("enum", "const", "pattern", "minimum", "maximum", "description", "title", "required", "examples", "default")
)


def body_schema(kind: type) -> Schema:
    """The schema of a struct as msgspec checks it, nothing by reference."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template="{name}")
    return _schema(schema, components)


def _schema(described: dict[str, Any], components: dict[str, Any]) -> Schema:
    if "$ref" in described:
        return _schema(components[described["$ref"]], components)
    schema = Schema()
    for keyword, value in described.items():
        if keyword == "properties":
            schema.properties = {name: _schema(member, components) for name, member in value.items()}
        elif keyword == "additionalProperties":
            schema.additional_properties = value if isinstance(value, bool) else _schema(value, components)
        elif keyword == "items" and value is not False:
            schema.items = _schema(value, components)
        elif keyword == "prefixItems":
            schema.prefix_items = [_schema(item, components) for item in value]
        elif keyword == "items":
            continue  # none but those of the prefix, which maxItems says as well
        elif keyword in ("anyOf", "oneOf"):
            setattr(schema, _RENAMED[keyword], [_schema(choice, components) for choice in value])
        elif keyword == "type":
            schema.type = OpenAPIType(value)
        elif keyword in _RENAMED or keyword in _AS_IT_IS:
            setattr(schema, _RENAMED.get(keyword, keyword), value)
        else:
            raise TypeError(f"the keyword {keyword} of JSON Schema is not carried over")
    if schema.properties is not None and schema.additional_properties is None:
        schema.additional_properties = True  # what it means, said: others are accepted and ignored
    return schema
