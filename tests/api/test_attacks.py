"""What a hostile client sends: each is refused or answered like anything else, tells nothing, and changes nothing."""

import json
import re
import socket
import time
from contextlib import closing
from urllib.parse import quote

import httpx
import pytest

from api.access.audit import verify
from api.access.keys import KeyStore
from tests.api.access.logs import entries_of, file_of
from tests.api.process import ROOT, served
from tests.indexes import DOCUMENTS, tiny_index
from tests.serving import without_timings

BODY_SECONDS = 0.8
SECRET_FILE = "root:x:0:0"
LEAKS = re.compile(
    r"Traceback|File \"|\.py\b|line \d+|/tmp/|/root|/home|/usr|site-packages|sqlite3?\.|tantivy::|<class|0x[0-9a-f]{6}"
)
SEARCH = "/v1/search"
MCP = ("Accept: application/json, text/event-stream", "Content-Type: application/json")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("attacks"))


@pytest.fixture(scope="module")
def key(index):
    with closing(KeyStore(index)) as keys:
        return keys.create(("read", "write"))[0]


@pytest.fixture(scope="module")
def service(index, key):
    with served(index, log_format="json", body_seconds=BODY_SECONDS, body_bytes=100_000, mcp="true") as service:
        yield service
        # Whatever the tests below sent: nothing failed, each line is one object, and the audit log is whole.
        check_log(service)
        assert [line for line in service.lines() if '"level": "ERROR"' in line] == []
        assert "Traceback" not in service.said()
    report = verify(index)
    assert report.problem == ""
    assert report.entries == file_of(index).read_bytes().count(b"\n")


@pytest.fixture(scope="module")
def client(service, key):
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=service.url, headers=headers, timeout=20) as client:
        yield client


def check_log(service):
    """Each line is an object, and whole."""
    for line in service.lines():
        if not line.startswith("biocite: "):
            assert json.loads(line)["time"]
            assert line.isascii()
            assert line[:-1].isprintable()


def harmless(response, *statuses):
    """One of these statuses, by default any refusal, with a body that tells nothing of the machine."""
    assert response.status_code in (statuses or (400, 401, 403, 404, 405, 413)), response.text
    assert not LEAKS.search(response.text), response.text
    assert str(ROOT) not in response.text
    return response


def raw(service, sent, seconds=10.0):
    """All that comes back for these bytes, until the connection is closed or nothing comes."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=seconds) as connection:
        connection.sendall(sent)
        received = b""
        try:
            while part := connection.recv(65_536):
                received += part
        except (TimeoutError, ConnectionError):
            pass
        return received


def statuses(received):
    return [int(found) for found in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]


def request(method="GET", target="/v1/index", *headers, version="1.1", key=None):
    """The head of a request, and an empty line."""
    lines = [f"{method} {target} HTTP/{version}", *headers]
    if not any(line.lower().startswith("host:") for line in headers):
        lines.insert(1, "Host: localhost")
    if key:
        lines.append(f"Authorization: Bearer {key}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


TRAVERSALS = (
    "../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "..%252f..%252fetc/passwd",
    "....//....//etc/passwd", "..\\..\\etc\\passwd", "%5c..%5c..%5cetc", "/etc/passwd", "//etc/passwd",
    "%2fetc%2fpasswd",
    "file:///etc/passwd", "PMID:1/../PMID:2", "PMID:1%00", "%00", "PMID:1%0d%0aX: y", "..", ".", "%2e",
    "%c0%ae%c0%ae/etc",
    "%ff%fe", "service/keys.db", "../service/keys.db", "manifest.json", "..%c0%af..%c0%afetc", "%ed%a0%80",
    "a" * 5_000,
    "~/.ssh/id_rsa", "${HOME}", "%24%7Bjndi:ldap://x%7D", "{{7*7}}", "PMID:1;ls", "|cat", "`id`", "CON", "aux.txt",
)  # fmt: skip


@pytest.mark.parametrize("target", TRAVERSALS)
def test_ids_that_would_be_paths(service, key, target):
    targets = [("GET", f"/v1/{route}/{target}") for route in ("documents", "passages", "similar", "records", "models")]
    for method, path in (
        *targets,
        ("DELETE", f"/v1/documents/{target}"),
        ("GET", f"/schema/{target}"),
        ("GET", f"/{target}"),
    ):
        received = raw(service, request(method, path, "Connection: close", key=key))
        assert SECRET_FILE.encode() not in received
        (status,) = statuses(received)
        # A dot is the list itself for some routes, and the page for another.
        assert status in ((200, 404, 405) if target in (".", "..", "%2e") else (400, 404, 405)), (path, received)
        assert not LEAKS.search(received.decode("latin-1")) or b"/tmp" in path.encode(), received


@pytest.mark.parametrize(
    "document_id", ["../../etc/passwd", "\x00", "private:../x:y", "a" * 100_00, "'; DROP TABLE documents; --"]
)
def test_ids_in_bodies(client, document_id):
    evidence = {"document_id": document_id, "start": 0, "end": 1, "text": "x", "sha256": "0" * 64}
    answer = {"answers": [{"text": "x", "evidence": [evidence]}]}
    assert harmless(client.post("/v1/verify", json=answer), 200).json()["verified"] is False
    harmless(client.post("/v1/export", json={"document_ids": [document_id]}), 404)
    fetch = {"name": "fetch", "arguments": {"id": document_id}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": fetch}
    told = harmless(client.post("/mcp", json=message, headers={"accept": "application/json, text/event-stream"}), 200)
    assert told.json()["result"]["isError"] is True


INJECTIONS = (
    "\r\nX-Injected: yes",
    '\n{"forged": true}',
    "\x1b[2Jscreen",
    "\u2028line",
    "\u202egnp",
    "\x9bcommand",
    "\x85next",
)


@pytest.mark.parametrize("text", INJECTIONS)
def test_nothing_begins_a_line_or_a_header_of_its_own(client, service, index, text):
    lines, entries = len(service.lines()), len(entries_of(index))
    encoded = quote(text)
    responses = [
        client.get(f"/nowhere/{encoded}"),
        client.get(f"/v1/documents/{encoded}"),
        client.get(f"/v1/records/{encoded}"),
        client.get(f"/v1/index?{encoded}={encoded}"),
        client.post(SEARCH, json={"query": f"cystic {text} fibrosis"}),
        client.post("/v1/ask", json={"question": f"cystic {text} fibrosis?"}),
        client.post(SEARCH, json={f"query{text}": "x"}),
        client.post(SEARCH, json={"query": "x", "mode": text}),
        client.post(SEARCH, content=b"{}", headers={b"content-type": f"text/{encoded}".encode()}),
        client.post(
            "/v1/documents", json={"documents": [{"id": f"a{text}", "title": text, "text": f"Some {text} words."}]}
        ),
    ]
    for response in responses:
        assert response.status_code < 500
        assert "x-injected" not in response.headers
        assert not LEAKS.search(response.text)
    assert len(service.lines()) - lines >= 0
    check_log(service)
    new = file_of(index).read_bytes().split(b"\n")[entries:-1]
    assert len(new) == len(entries_of(index)) - entries
    for line in new:
        json.loads(line)
        assert line.isascii()
        assert line.decode().isprintable()


@pytest.mark.parametrize(
    "value", [b"a\r\nX-Injected: yes", b"a\nb", b"\x00", b"\x1b[2J", b"\xff\xfe", "\u2028".encode()]
)
@pytest.mark.parametrize(
    "name", [b"Authorization", b"Origin", b"X-Forwarded-For", b"Accept", b"User-Agent", b"Content-Type"]
)
def test_headers_that_hold_controls(service, key, name, value):
    # The right key comes first and counts: too many wrong ones from one address would keep out the tests after this.
    sent = [
        b"GET /v1/index HTTP/1.1",
        b"Host: localhost",
        b"Authorization: Bearer " + key.encode(),
        name + b": " + value,
    ]
    received = raw(service, b"\r\n".join([*sent, b"Connection: close", b"", b""]))
    assert statuses(received)
    assert set(statuses(received)) <= {200, 400, 401, 403}
    assert b"x-injected" not in received.lower().partition(b"\r\n\r\n")[0]
    check_log(service)


DEEP = 200_000
BOMBS = {
    "deep lists": b'{"query": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep and open": b"[" * DEEP,
    "deep objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "deep in a filter": b'{"query": "x", "filters": {"mesh": ' + b"[" * 900 + b"]" * 900 + b"}}",
    "deep below all limits": b'{"query": "x", "filters": ' + b'{"a":' * 450 + b"1" + b"}" * 450 + b"}",
    "huge integer": b'{"query": "x", "k": ' + b"9" * 50_000 + b"}",
    "huge exponent": b'{"query": "x", "k": 1e400}',
    "huge negative": b'{"query": "x", "k": -1e400}',
    "tiny": b'{"question": "x", "min_precision": 1e-400000}',
    "long fraction": b'{"query": "x", "k": 0.' + b"1" * 50_000 + b"}",
    "NaN": b'{"query": "x", "k": NaN}',
    "Infinity": b'{"query": "x", "k": Infinity}',
    "a lone surrogate": rb'{"query": "\ud800"}',
    "surrogates the wrong way": rb'{"query": "\udc00\ud800"}',
    "raw surrogate": b'{"query": "\xed\xa0\x80"}',
    "overlong": b'{"query": "\xc0\xaf"}',
    "beyond Unicode": b'{"query": "\xf4\x90\x80\x80"}',
    "control characters": b'{"query": "a\x00b"}',
    "no UTF-8": b'{"query": "\xff"}',
    "UTF-16": '{"query": "x"}'.encode("utf-16"),
    "UTF-32": '{"query": "x"}'.encode("utf-32"),
    "a mark of byte order": b'\xef\xbb\xbf{"query": "gene"}',
    "two": b'{"query": "x"}{"query": "x"}',
    "trailing comma": b'{"query": "x",}',
    "many members": b'{"query": "x", ' + b", ".join(b'"a%d": 1' % number for number in range(5_000)) + b"}",
    "prototype": b'{"query": "x", "__proto__": {"a": 1}, "constructor": 1}',
    "YAML": b"query: x\n",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "pickle": b"cos\nsystem\n(S'id'\ntR.",
    "form": b"query=x",
    "null": b"null",
    "list": b"[]",
    "text": b'"x"',
    "empty": b"",
    "white space": b" " * 50_000,
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("path", [SEARCH, "/v1/ask", "/v1/verify", "/v1/chat/completions", "/v1/documents"])
def test_bodies_that_are_bombs(client, path, name):
    started = time.monotonic()
    response = client.post(path, content=BOMBS[name], headers={"content-type": "application/json"})
    harmless(response, 400, 413)
    assert time.monotonic() - started < 2


def test_names_that_come_twice(client):
    """JSON leaves open which one counts (RFC 8259, 4); here it is the last, for the whole service alike."""
    response = client.post(SEARCH, content=b'{"query": "malaria", "k": 0, "k": 1}')
    assert len(harmless(response, 200).json()["hits"]) == 1
    harmless(client.post(SEARCH, content=b'{"query": "malaria", "k": 1, "k": 0}'), 400)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip"])
def test_bodies_said_to_be_compressed_are_not_unpacked(client, encoding):
    harmless(
        client.post(SEARCH, content=b"\x1f\x8b\x08" + b"\x00" * 100, headers={"content-encoding": encoding}), 400, 415
    )


def test_bodies_that_are_too_large(client, service, key):
    harmless(client.post(SEARCH, json={"query": "x" * 200_000}), 413)
    # Said beforehand: refused without waiting for it.
    head = request("POST", SEARCH, "Content-Length: 999999999999", "Connection: close", key=key)
    started = time.monotonic()
    assert statuses(raw(service, head + b"{")) == [413]
    assert time.monotonic() - started < BODY_SECONDS
    # In chunks without an end, nothing is said beforehand.
    chunks = b"186a0\r\n" + b"x" * 100_000 + b"\r\n"
    head = request("POST", SEARCH, "Transfer-Encoding: chunked", "Connection: close", key=key)
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(head)
        try:
            for _ in range(50):
                connection.sendall(chunks)
            received = connection.recv(65_536)
        except ConnectionError:
            received = b""  # closed while this still sent: nothing more is taken
    assert statuses(received) in ([413], [])


def trickle(service, head, part, seconds):
    """Send a head, and then a byte now and again; what came back, and after how long the connection was closed."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", service.port), timeout=0.2) as connection:
        connection.sendall(head)
        received = b""
        while time.monotonic() - started < seconds:
            try:
                connection.sendall(part)
                got = connection.recv(65_536)
                if not got:
                    break
                received += got
            except TimeoutError:
                continue
            except ConnectionError:
                break
        return received, time.monotonic() - started


@pytest.mark.parametrize("path", [SEARCH, "/v1/chat/completions", "/mcp"])
@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_a_body_that_does_not_come_is_given_up(service, key, path, framing):
    head = request("POST", path, framing, *MCP, key=key)
    received, took = trickle(service, head, b"1\r\nx\r\n" if "chunked" in framing else b"x", BODY_SECONDS + 5)
    assert statuses(received) == [408]
    # And it is closed: who sends a byte now and again holds nothing (RFC 9110, 15.5.9).
    assert BODY_SECONDS - 0.1 < took < BODY_SECONDS + 2
    assert b"did not arrive within 0.8 s" in received


@pytest.mark.parametrize("path", [SEARCH, "/v1/chat/completions", "/mcp"])
def test_a_body_that_breaks_off_is_no_failure_of_the_service(service, key, path):
    """Whoever leaves a hundred requests half sent must not fill the log with traces: see the fixture's end."""
    head = request("POST", path, "Content-Length: 1000", *MCP, key=key)
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", service.port), timeout=5) as connection:
            connection.sendall(head + b"{")


def test_a_body_that_nobody_wants_holds_no_connection(service):
    head = request("POST", SEARCH, "Content-Length: 1000")
    received, took = trickle(service, head, b"x", 5)
    assert statuses(received) == [401]
    assert took < 1


def test_many_slow_clients_keep_nobody_else_out(client, service, key):
    head = request("POST", SEARCH, "Content-Length: 1000", key=key)
    slow = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(100)]
    try:
        for connection in slow:
            connection.sendall(head)
        started = time.monotonic()
        assert client.post(SEARCH, json={"query": "malaria"}).status_code == 200
        assert time.monotonic() - started < 1
    finally:
        for connection in slow:
            connection.close()


TRICKS = (
    "\u202ecystic fibrosis", "c\u0301ystic" * 50, "cystic\u200bfibrosis", "ｃｙｓｔｉｃ ｆｉｂｒｏｓｉｓ", "CYSTİC",
    "ß" * 500, "ﷺ" * 200,
    "e" + "\u0301" * 5_000, "🏳️‍🌈" * 300, "\U000e0001\U000e0063ystic", "\ufeffcystic", "\ufffdcystic", "\uffffcystic",
    "\x00cystic", "cystic\x1b[31m", "नमस्ते", "ＡＮＤ ＯＲ", "a\u0300\u0301\u0302" * 1_000, "\U0010ffff gene",
    "Ⅳ ½ ²", "١٢٣",
)  # fmt: skip


@pytest.mark.parametrize("text", TRICKS)
def test_tricks_of_unicode(client, text):
    query = harmless(client.post(SEARCH, json={"query": text, "rerank": True}), 200, 400)
    if query.status_code == 200:
        assert query.json()["query"] == " ".join(text.split()) or query.json()["query"] == text
    harmless(client.post("/v1/ask", json={"question": text[:1_900]}), 200, 400)
    chat = {"model": "biocite", "messages": [{"role": "user", "content": text}]}
    harmless(client.post("/v1/chat/completions", json=chat), 200, 400)
    harmless(client.post(SEARCH, json={"query": "gene", "filters": {"mesh": [text], "journals": [text]}}), 200)
    harmless(client.get(f"/v1/documents/{quote(text)}"), 404)


QUERIES = (
    "' OR 1=1 --", "'; DROP TABLE documents; --", '" OR ""="', "1; ATTACH DATABASE '../biocite-attached' AS y",
    "UNION SELECT * FROM facets",
    "title:*", "*", "* malaria", "malaria*", "mal?ria", "+malaria -vectors", '"malaria vectors"~10', "malaria^1000",
    "/mal.*/",
    "body:[a TO z]", "key:1", "NOT malaria", "malaria AND (", "malaria OR )", '"malaria', "malaria\\",
    "\\\\malaria", "_exists_:key",
    "audience:a", "{!xmlparser v=x}", "(malaria", "malaria)", "IN [a b]", "malaria && || !", "~malaria", "a:b:c",
    "<malaria>",
)  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_queries_in_the_language_of_an_engine_are_words_like_others(client, index, query):
    before = stored(index)
    for mode in ("bm25", "hybrid", "dense"):
        response = client.post(SEARCH, json={"query": query, "mode": mode, "k": 100})
        harmless(response, 200, 400)
        if response.status_code == 400:
            assert not any(map(str.isalnum, query))
            continue
        # Nothing but its words counts: other signs between them change no hit and no score.
        words = " ".join(re.findall(r"\w+", query.replace("_", " ")))
        plain = client.post(SEARCH, json={"query": words, "mode": mode, "k": 100})
        if mode == "bm25":
            assert found(response) == found(plain)
    for field in ("journals", "publication_types", "mesh", "languages", "documents"):
        response = client.post(SEARCH, json={"query": "malaria", "filters": {field: [query]}})
        assert harmless(response, 200).json()["hits"] == []
    harmless(client.post(SEARCH, json={"query": "malaria", "filters": {"year": query}}), 400)
    harmless(client.post(SEARCH, json={"query": "malaria", "filters": {"sections": [query]}}), 400)
    harmless(client.get(f"/v1/documents/{quote(query, safe='')}"), 404)
    harmless(client.get(f"/v1/records/{quote(query, safe='')}"), 404)
    assert stored(index) == before


def found(response):
    return [(hit["passage_id"], hit["score"]) for hit in response.json()["hits"]]


def stored(index):
    return [
        (path.name, path.stat().st_size)
        for path in sorted(index.glob("*"))
        if path.name in ("manifest.json", "passages.db")
    ]


FRAMES = {
    "chunk that says too much": (b"Transfer-Encoding: chunked", b"ff\r\n{}\r\n0\r\n\r\n"),
    "chunk that says too little": (b"Transfer-Encoding: chunked", b'1\r\n{"query": "x"}\r\n0\r\n\r\n'),
    "chunk of no size": (b"Transfer-Encoding: chunked", b"zz\r\n{}\r\n0\r\n\r\n"),
    "chunk of a negative size": (b"Transfer-Encoding: chunked", b"-1\r\n{}\r\n0\r\n\r\n"),
    "chunk of a huge size": (b"Transfer-Encoding: chunked", b"f" * 40 + b"\r\n{}\r\n0\r\n\r\n"),
    "both framings": (b"Content-Length: 2\r\nTransfer-Encoding: chunked", b"0\r\n\r\nGET /v1/index HTTP/1.1\r\n\r\n"),
    "two lengths": (b"Content-Length: 2\r\nContent-Length: 20", b"{}"),
    "negative length": (b"Content-Length: -1", b"{}"),
    "length in words": (b"Content-Length: two", b"{}"),
    "length with a sign": (b"Content-Length: +2", b"{}"),
    "unknown coding": (b"Transfer-Encoding: xchunked", b"{}"),
    "obfuscated coding": (b"Transfer-Encoding : chunked", b"0\r\n\r\n"),
    "folded header": (b"X-A: b\r\n c: d\r\nContent-Length: 2", b"{}"),
    "no colon": (b"nonsense", b""),
    "NUL in a name": (b"X\x00A: b", b""),
}


@pytest.mark.parametrize("name", FRAMES)
def test_requests_whose_framing_is_wrong(service, key, name):
    """Request smuggling (RFC 9112, 11.2): never two answers to what is one request to somebody else."""
    framing, body = FRAMES[name]
    head = b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer " + key.encode()
    received = raw(service, head + b"\r\n" + framing + b"\r\n\r\n" + body, BODY_SECONDS + 3)
    assert len(statuses(received)) <= 1
    assert not statuses(received) or statuses(received)[0] in (400, 408)
    assert not LEAKS.search(received.decode("latin-1"))


def test_two_requests_in_one_go_are_two(service, key):
    once = request(key=key)
    received = raw(service, once + request("GET", "/health/live", "Connection: close"))
    assert statuses(received) == [200, 200]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (request("TRACE", "/v1/index"), {401, 405}),
        (request("TRACE", "/health/live"), {400, 405}),
        (request("CONNECT", "example.org:443"), {400, 401, 404, 405}),
        (request("BREW", "/v1/index"), {400, 401, 405}),
        (request("get", "/v1/index"), {400, 401, 405}),
        (request("OPTIONS", "*"), {400, 401, 404, 405}),
        (request("PRI", "*", version="2.0"), {400, 505}),
        (request("GET", "http://localhost/health/live"), {200, 401}),
        (request("GET", "http://evil.example/v1/index"), {400, 401}),
        (request("GET", "//evil.example/health/live"), {401, 404}),
        (request("GET", "/v1/index", "Host: evil.example"), {400}),
        (request("GET", "/v1/index", "Host: localhost", "Host: evil.example"), {400}),
        (request("GET", "health/live"), {400, 401, 404}),
        (request("GET", "/health/live", version="1.0"), {200}),
        (b"GET /health/live HTTP/1.0\r\n\r\n", {400}),
        (b"GET /health/live HTTP/1.1\r\n\r\n", {400}),
        (b"GET /health/live\r\n\r\n", {400}),
        (request("GET", "/health/live", version="9.9"), {400, 505}),
        (request("GET", "/" + "a" * 70_000), {400, 401, 414, 431}),
        (request("GET", "/v1/index", *(f"X-{number}: {'v' * 100}" for number in range(2_000))), {400, 401, 431}),
        (request("GET", "/v1/index", "Cookie: " + "c" * 100_000), {400, 401, 431}),
        (request("GET", "/v1/index", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), {400, 401, 403, 426}),
        (request("GET", "/v1/index", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: x"),
         {400, 401}),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}),
        (b"\x00" * 1_000, {400}),
    ],
    ids=lambda value: repr(value)[:60] if isinstance(value, bytes) else None,
)  # fmt: skip
def test_requests_of_unusual_forms(service, sent, expected):
    if b"close" not in sent and b"Upgrade" not in sent and b" HTTP/1" in sent:
        sent = sent.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    received = raw(service, sent, 1.0)
    assert set(statuses(received)) <= expected, received[:300]
    assert not LEAKS.search(received.decode("latin-1")), received[:500]
    assert b"passages" not in received
    check_log(service)


@pytest.mark.parametrize(
    "name", ["X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-Forwarded-Host", "Forwarded"]
)
def test_headers_that_other_servers_obey_do_nothing(client, service, name):
    given = {name: "host=localhost;for=127.0.0.1" if name == "Forwarded" else "/health/live"}
    assert httpx.get(f"{service.url}/v1/index", headers=given).status_code == 401
    assert client.get("/v1/index", headers={name: "DELETE"}).status_code == 200
    assert client.get("/v1/documents/PMID:1").status_code == 200


def test_the_text_log_is_one_line_a_problem_as_well(tmp_path):
    index = tiny_index(tmp_path)
    with served(index) as service:
        (index / "lexical").rename(index / "moved")
        path = quote("\n2026-01-01 ERROR forged\x1b[2J\u2028")
        told = httpx.post(f"{service.url}/v1/search", json={"query": "x", "mode": "bm25"})
        harmless(told, 200, 409)
        (index / "passages.db").write_bytes(b"no database")
        told = httpx.get(f"{service.url}/v1/documents/{path}")
        harmless(told, 404, 409)
        assert str(tmp_path) not in told.text
    for line in service.lines():
        assert line[:-1].isprintable(), line
        assert re.match(r"biocite: |\d{4}-\d\d-\d\dT[\d:.+]+ [A-Z]+ |    ", line), line


def test_who_guesses_keys_is_told_from_others_by_what_a_trusted_proxy_says(tmp_path):
    index = tiny_index(tmp_path)
    with closing(KeyStore(index)) as keys:
        right, _ = keys.create(("read",))
    with served(index, trusted_proxies="127.0.0.1") as service, httpx.Client(base_url=service.url) as client:

        def status(key, forwarded):
            headers = {"authorization": f"Bearer {key}", "x-forwarded-for": forwarded}
            return client.get("/v1/index", headers=headers).status_code

        assert [status("x", "198.51.100.1") for _ in range(22)] == [401] * 20 + [429] * 2
        assert status(right, "198.51.100.2") == 200
        # What the client itself put before it is not believed.
        assert status(right, "198.51.100.7, 198.51.100.1") == 429
        assert status(right, "198.51.100.1, 198.51.100.7") == 200
    with served(index) as service, httpx.Client(base_url=service.url) as client:
        assert [status("x", f"198.51.100.{number}") for number in range(22)] == [401] * 20 + [429] * 2


def test_nothing_has_changed(client, index):
    """After all of the above: the documents are those that were there, and the same is found."""
    for document in DOCUMENTS:
        stored = client.get(f"/v1/documents/{quote(document['_id'], safe='')}").json()
        assert stored["text"] == f"{document['title']}\n\n{document['text']}"
    once, again = (client.post(SEARCH, json={"query": "malaria", "mode": "bm25"}).json() for _ in range(2))
    assert without_timings(once) == without_timings(again)
    assert [hit["document_id"] for hit in once["hits"]] == ["https://example.org/notes//malaria/"]
    assert not list(index.rglob("*attached*"))
    assert not list(index.parent.glob("*attached*"))
    assert client.get("/health/ready").status_code == 200
