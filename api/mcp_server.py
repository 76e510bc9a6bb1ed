"""The MCP server: the tools and resources of `api.mcp_tools` over Streamable HTTP and stdio, with the official SDK.

`mcp` is imported when a server is made, so whoever does not use it need not have it installed. Protocol: the Model
Context Protocol, revisions 2024-11-05 to 2026-07-28 (https://modelcontextprotocol.io/specification).
"""

import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec

from api.access.errors import UnauthorisedError
from api.access.keys import Caller
from api.http_errors import without_folders
from api.mcp_tools import (
    DOCUMENT_TEMPLATE,
    INDEX_URI,
    INSTRUCTIONS,
    TOOLS,
    McpOperations,
    ToolSpec,
    document_of,
    index_summary,
    require_scope,
)
from api.schemas import ErrorResponse
from corpora.errors import BioCiteError, NotFoundError, UsageError

if TYPE_CHECKING:
    import mcp_types as types
    from litestar.types import HTTPScope, Receive, Send
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from mcp.server.transport_security import TransportSecuritySettings

_LOG = logging.getLogger(__name__)

BODY_BYTES = 4_000_000
"""The largest message: verify takes whole answers."""

_UNFORESEEN = "The service failed to answer (reference {}). Try again; the server's log tells more"

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

CallerOfRequest = Callable[[Mapping[str, Any] | None], Caller]
"""The caller from the ASGI scope of the HTTP request, which is None over stdio."""


def caller_from_scope(scope: Mapping[str, Any] | None) -> Caller:
    """The caller that the gate in front of every route left; UnauthorisedError where it left none."""
    caller = (scope or {}).get("state", {}).get("caller")
    if not isinstance(caller, Caller):
        raise UnauthorisedError("a key is needed", remedy="Send it as Authorization: Bearer KEY")
    return caller


def require_mcp() -> ModuleType:
    """The SDK; UsageError where it is not installed."""
    try:
        import mcp
    except ImportError as error:
        raise UsageError("the MCP library is not installed", remedy="pip install 'biocite[mcp]'") from error
    return mcp


def make_mcp_server(
    operations: McpOperations,
    caller_of_request: CallerOfRequest = caller_from_scope,
    *,
    tools: Sequence[ToolSpec] = TOOLS,
) -> "Server[Any]":
    """The server, to be run over stdio (`run_stdio`) or HTTP (`McpEndpoint`).

    Whoever adds a tool hands in ``(*TOOLS, ANOTHER)``. Raises UsageError where the SDK is not installed.
    """
    require_mcp()
    from mcp.server.lowlevel import Server

    handlers = _Handlers(operations, caller_of_request, tools)
    return Server(
        "biocite",
        version=version("biocite"),
        title="BioCite",
        instructions=INSTRUCTIONS,
        get_tool_input_schema=handlers.input_schema,
        on_list_tools=handlers.list_tools,
        on_call_tool=handlers.call_tool,
        on_list_resources=handlers.list_resources,
        on_list_resource_templates=handlers.list_templates,
        on_read_resource=handlers.read_resource,
    )


class _Handlers:
    """What the SDK calls. No exception but a protocol error leaves these, so no message of ours tells internals."""

    def __init__(
        self, operations: McpOperations, caller_of_request: CallerOfRequest, tools: Sequence[ToolSpec]
    ) -> None:
        self._operations = operations
        self._caller_of_request = caller_of_request
        self._tools = {tool.name: tool for tool in tools}

    def input_schema(self, name: str) -> dict[str, Any] | None:
        """A tool's arguments, None where there is no such tool."""
        tool = self._tools.get(name)
        return None if tool is None else tool.input_schema

    async def list_tools(self, context: "ServerRequestContext[Any]", params: Any) -> "types.ListToolsResult":
        """All tools. None writes anything, and none reaches beyond the index."""
        import mcp_types as types

        return types.ListToolsResult(
            tools=[
                types.Tool(
                    name=tool.name,
                    title=tool.title,
                    description=tool.description,
                    input_schema=tool.input_schema,
                    output_schema=tool.output_schema,
                    annotations=types.ToolAnnotations(
                        title=tool.title,
                        read_only_hint=True,
                        destructive_hint=False,
                        idempotent_hint=True,
                        open_world_hint=False,
                    ),
                )
                for tool in self._tools.values()
            ]
        )

    async def call_tool(
        self, context: "ServerRequestContext[Any]", params: "types.CallToolRequestParams"
    ) -> "types.CallToolResult":
        """A tool's result. What goes wrong is a result too, so that the assistant can read it and do better."""
        import mcp_types as types
        from mcp.shared.exceptions import MCPError

        tool = self._tools.get(params.name)
        if tool is None:
            known = ", ".join(self._tools)
            raise MCPError(types.INVALID_PARAMS, f"there is no tool {params.name[:100]!r}. There are: {known}")
        try:
            outcome = await tool.run(self._operations, params.arguments or {}, self._caller(context))
        except BioCiteError as error:
            return _tool_error(str(without_folders(error)))
        except Exception:  # noqa: BLE001 -- logged, and told by its reference only
            reference = secrets.token_hex(4)
            _LOG.exception("MCP tool %s failed, reference %s", tool.name, reference)
            return _tool_error(_UNFORESEEN.format(reference))
        return types.CallToolResult(
            content=[types.TextContent(text=outcome.text)], structured_content=_plain(outcome.structured)
        )

    async def list_resources(self, context: "ServerRequestContext[Any]", params: Any) -> "types.ListResourcesResult":
        """Only the index: its documents are too many to be listed, the template tells how to name one."""
        import mcp_types as types

        return types.ListResourcesResult(
            resources=[
                types.Resource(
                    uri=INDEX_URI,
                    name="index",
                    title="The index",
                    description="What can be found here: how many documents, of which years, by which model.",
                    mime_type="application/json",
                )
            ]
        )

    async def list_templates(
        self, context: "ServerRequestContext[Any]", params: Any
    ) -> "types.ListResourceTemplatesResult":
        """How a document is named."""
        import mcp_types as types

        return types.ListResourceTemplatesResult(
            resource_templates=[
                types.ResourceTemplate(
                    uri_template=DOCUMENT_TEMPLATE,
                    name="document",
                    title="A document",
                    description="The text of a stored document, verbatim. Percent-encode the id: PMID%3A31452104.",
                    mime_type="text/plain",
                )
            ]
        )

    async def read_resource(
        self, context: "ServerRequestContext[Any]", params: "types.ReadResourceRequestParams"
    ) -> "types.ReadResourceResult":
        """A document's text, or what the index holds; a protocol error where it cannot be read."""
        import mcp_types as types
        from mcp.shared.exceptions import MCPError

        try:
            text, mime_type = await self._resource(params.uri, self._caller(context))
        except (NotFoundError, UsageError) as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
        except BioCiteError as error:
            raise MCPError(types.INTERNAL_ERROR, str(without_folders(error))) from None
        except Exception:  # noqa: BLE001 -- logged, and told by its reference only
            reference = secrets.token_hex(4)
            _LOG.exception("MCP resources/read failed, reference %s", reference)
            raise MCPError(types.INTERNAL_ERROR, _UNFORESEEN.format(reference)) from None
        content = types.TextResourceContents(uri=params.uri, text=text, mime_type=mime_type)
        return types.ReadResourceResult(contents=[content])

    async def _resource(self, uri: str, caller: Caller) -> tuple[str, str]:
        require_scope(caller, "read")
        if uri == INDEX_URI:
            summary = index_summary(await self._operations.info(caller))
            return msgspec.json.encode(summary).decode(), "application/json"
        document = await self._operations.document(document_of(uri), caller)
        return document.text, "text/plain"

    def _caller(self, context: "ServerRequestContext[Any]") -> Caller:
        return self._caller_of_request(None if context.request is None else context.request.scope)


def _tool_error(told: str) -> "types.CallToolResult":
    import mcp_types as types

    return types.CallToolResult(content=[types.TextContent(text=told)], is_error=True)


def _plain(structured: msgspec.Struct) -> Any:
    """The result as JSON has it: no tuples, and no field that its encoding leaves out."""
    return msgspec.json.decode(msgspec.json.encode(structured))


class McpEndpoint:
    """An ASGI application for Streamable HTTP, to be a route of its own; it answers while `running` is entered.

    It looks at no path, so it must not be mounted over those below its own.

    Stateless: every request stands for itself and brings its own key, so any worker may answer it, and there is no
    session that could be taken over. Answers are JSON, never event streams, so proxies need no settings for it. GET and
    DELETE, which are for streams and sessions, are refused as the specification provides.

    `hosts` are the names in the Host header that are answered, with any port; `origins` the web origins whose pages may
    ask besides the hosts' own. Both protect against DNS rebinding, as the specification demands. Without any hosts,
    nothing is checked here: whatever stands in front must have done so.
    """

    def __init__(
        self,
        server: "Server[Any]",
        *,
        hosts: Sequence[str] = LOOPBACK,
        origins: Sequence[str] = (),
        body_bytes: int = BODY_BYTES,
    ) -> None:
        self._server = server
        self._security = _security(hosts, origins)
        self._body_bytes = body_bytes
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Ready to answer while this is entered; leaving it ends what still runs. For the application's lifespan."""
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(
            self._server,
            json_response=True,
            stateless=True,
            security_settings=self._security,
            max_request_body_size=self._body_bytes,
        )
        async with manager.run():
            self._manager = manager
            try:
                yield
            finally:
                self._manager = None

    async def __call__(self, scope: "HTTPScope", receive: "Receive", send: "Send") -> None:
        """Answer one request."""
        if self._manager is None:
            return await _refuse(send, 503, ErrorResponse("NotReadyError", "the service starts or stops", "Try again"))
        if scope["method"] != "POST":
            told = ErrorResponse("MethodNotAllowedError", f"MCP does not take {scope['method']} here", "Use: POST")
            return await _refuse(send, 405, told, (b"allow", b"POST"))
        await self._manager.handle_request(scope, receive, send)  # type: ignore[arg-type]
        return None


def _security(hosts: Sequence[str], origins: Sequence[str]) -> "TransportSecuritySettings":
    from mcp.server.transport_security import TransportSecuritySettings

    own = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=bool(hosts),
        allowed_hosts=[*hosts, *(f"{host}:*" for host in hosts)],
        allowed_origins=[*own, *(f"{origin}:*" for origin in own), *origins],
    )


async def _refuse(send: "Send", status: int, told: ErrorResponse, *headers: tuple[bytes, bytes]) -> None:
    body = msgspec.json.encode(told)
    length = (b"content-length", str(len(body)).encode())
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"application/json"), length, *headers],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def run_stdio(server: "Server[Any]") -> None:
    """Speak MCP on standard input and output until the input ends; everything else that is printed goes to stderr."""
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
