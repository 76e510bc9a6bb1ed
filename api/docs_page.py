"""The documentation page at ``/schema``: plain HTML made from the OpenAPI document, so it works without the internet.

Interactive viewers fetch their scripts from elsewhere; any of them can be given ``/schema/openapi.json``.
"""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b }
h2 { margin-top: 3rem; border-top: 1px solid #ccc; padding-top: 1rem }
pre { background: #f5f5f5; padding: .8rem; overflow-x: auto; font-size: 13px; line-height: 1.4 }
table { border-collapse: collapse } td, th { text-align: left; vertical-align: top; padding: .2rem 1rem .2rem 0 }
"""


class DocsPage(OpenAPIRenderPlugin):
    """Renders the document as one static page."""

    def __init__(self) -> None:
        super().__init__(path="/", favicon="", style="")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page, in UTF-8."""
        return "\n".join(_page(openapi_schema)).encode()


def _page(schema: dict[str, Any]) -> Iterator[str]:
    info = schema["info"]
    title = escape(f"{info['title']} {info['version']}")
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}: HTTP API</title>'
    yield f"<style>{_STYLE}</style></head><body><h1>{title}: HTTP API</h1><p>{escape(info['description'])}</p>"
    yield '<p>For programs: <a href="/schema/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>'
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield from _operation(method, path, operation)
    yield "<h2>Objects</h2>"
    for name, component in sorted(schema["components"]["schemas"].items()):
        yield from _object(name, component)
    yield "</body></html>"


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(operation.get('description', ''))}</p>"
    for parameter in operation.get("parameters", []):
        yield f"<p><code>{escape(parameter['name'])}</code>: {escape(parameter.get('description', ''))}</p>"
    if body := operation.get("requestBody"):
        yield from _content("Takes", body)
    errors = []
    for status, response in sorted(operation["responses"].items()):
        if status.startswith("2"):
            yield from _content("Gives", response)
        else:
            errors.append(f"<tr><td>{escape(status)}</td><td>{escape(response['description'])}</td></tr>")
    yield f"<table><tr><th>Error</th><th></th></tr>{''.join(errors)}</table>"


def _content(verb: str, holder: dict[str, Any]) -> Iterator[str]:
    for media in holder["content"].values():
        yield f"<p>{verb} {_type(media['schema'])}, for example:</p>"
        for example in media.get("examples", {}).values():
            yield f"<pre>{escape(json.dumps(example['value'], indent=2, ensure_ascii=False))}</pre>"


def _object(name: str, component: dict[str, Any]) -> Iterator[str]:
    required = component.get("required", [])
    yield f'<h3 id="{escape(name)}">{escape(name)}</h3><p>{escape(component.get("description", ""))}</p><table>'
    for field, schema in component.get("properties", {}).items():
        need = "" if field in required else "optional"
        facts = f"<td>{_type(schema)}</td><td>{need}</td><td>{escape(schema.get('description', ''))}</td>"
        yield f"<tr><td><code>{escape(field)}</code></td>{facts}</tr>"
    yield "</table>"


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words, as HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in schema:
            return " or ".join(map(_type, schema[choice]))
    if "enum" in schema:
        return ", ".join(f"<code>{escape(json.dumps(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_type(schema['items'])}"
    kind = schema.get("type", "anything")
    return escape(" or ".join(kind) if isinstance(kind, list) else str(kind))
