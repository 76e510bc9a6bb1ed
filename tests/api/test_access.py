"""Who gets in: every route of the application's own table with keys that do not open it, and what stands around."""

import re
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import httpx
import pytest
from litestar.routes import ASGIRoute

from api.access.audit import verify
from api.access.gate import HEADERS, OPEN, GateSettings
from api.access.keys import SCOPES, KeyLimits, KeyStore
from api.access.limits import Limits
from api.access.scopes import OPEN as OPEN_SCOPE
from api.access.scopes import scopes_of
from api.server import LaneSettings, ServerSettings, create_app
from api.work import Lane
from indexer.index import Index
from tests.api.access.logs import entries_of
from tests.fakes import fake_loaders
from tests.indexes import tiny_index
from tests.serving import serving, wait_until

GENEROUS = Limits(per_minute=1_000_000, burst=1_000_000, at_once=1_000, failures=1_000_000)
QUERY = {"query": "cystic fibrosis", "mode": "bm25"}
PAGE = "https://chat.example.org"


class Route(NamedTuple):
    """A method of a path, and the scopes one of which its handler asks for."""

    method: str
    path: str
    scopes: tuple[str, ...]


def route_table():
    """Every method of every route, also those that Litestar adds, with something in the place of each parameter."""
    app = create_app(ServerSettings("never-opened", loaders=fake_loaders(), mcp=True))
    found = []
    for route in app.routes:
        path = re.sub(r"\{[^}]*\}", "PMID:1", route.path)
        handlers = {"POST": route.route_handler} if isinstance(route, ASGIRoute) else route.route_handler_map
        for method, handler in handlers.items():
            one = handler[0] if isinstance(handler, tuple) else handler
            found.append(Route(method, path, scopes_of(one)))
    return sorted(found)


ROUTES = route_table()
CLOSED = [route for route in ROUTES if route.path not in OPEN]


def named(route):
    return f"{route.method} {route.path}"


def new_key(index, *scopes, clock=time.time, **options):
    with closing(KeyStore(index, clock)) as keys:
        text, record = keys.create(scopes, **options)
    return text, record.key_id


def revoke(index, key_id):
    with closing(KeyStore(index)) as keys:
        keys.revoke(key_id)


def bearer(key):
    return {"authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("access"))


@pytest.fixture(scope="module")
def keys(index):
    """A key for each scope, and keys that are none any more."""
    made = {scope: new_key(index, scope)[0] for scope in SCOPES}
    made["expired"] = new_key(
        index, *SCOPES, clock=lambda: time.time() - 7_200, expires=datetime.now(UTC) - timedelta(hours=1)
    )[0]
    made["revoked"], revoked_id = new_key(index, *SCOPES)
    revoke(index, revoked_id)
    return made


@pytest.fixture(scope="module")
def client(index, keys):
    with serving(index, limits=GENEROUS, mcp=True) as client:
        yield client


def no_keys(keys):
    """Headers that open nothing."""
    right = keys["read"]
    other = right[:-1] + ("a" if right[-1] != "a" else "b")
    return {
        "none": {},
        "empty": {"authorization": ""},
        "no key": {"authorization": "Bearer"},
        "wrong secret": bearer(other),
        "longer": bearer(right + "a"),
        "shorter": bearer(right[:-1]),
        "upper case": bearer(right.upper()),
        "unknown": bearer(f"bc_{'a' * 12}_{'b' * 52}"),
        "no form": bearer("' OR 1=1 --"),
        "long": bearer("a" * 20_000),
        "not ASCII": {b"authorization": "Bearer ключ".encode()},
        "basic": {"authorization": f"Basic {right}"},
        "other header": {"x-api-key": right},
        "cookie": {"cookie": f"authorization=Bearer {right}"},
        "expired": bearer(keys["expired"]),
        "revoked": bearer(keys["revoked"]),
    }


NO_KEYS = sorted(no_keys({"read": "x", "expired": "", "revoked": ""}))


def checked_error(response, status):
    """An error in the shape that its path promises, with the headers that every response has."""
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    body = response.json()
    if body.keys() == {"error"}:
        assert body["error"].keys() == {"message", "type", "param", "code"}
    else:
        assert body.keys() == {"error", "message", "remedy"}
    with_security_headers(response)
    return body


def with_security_headers(response):
    for name, value in HEADERS:
        assert response.headers.get_list(name.decode()) == [value.decode()], (response.url, response.headers)


def test_the_table_has_what_it_must():
    assert len(CLOSED) > 30
    listed = {(route.method, route.path) for route in ROUTES}
    assert listed >= {
        ("POST", "/v1/ask"), ("DELETE", "/v1/documents/PMID:1"), ("GET", "/schema"), ("GET", "/schema/openapi.json"),
        ("POST", "/mcp"), ("GET", "/metrics"), ("GET", "/health/live"),
    }  # fmt: skip


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method != "OPTIONS"], ids=named)
def test_every_route_says_which_scope_it_needs(route):
    assert route.scopes == (OPEN_SCOPE,) or (route.scopes and set(route.scopes) <= set(SCOPES))
    assert (route.scopes == (OPEN_SCOPE,)) == (route.path in OPEN)
    assert (len(route.scopes) > 1) == (route.path == "/mcp")  # its tools ask for their own
    if route.method == "DELETE" or (route.method, route.path) == ("POST", "/v1/documents"):
        assert route.scopes == ("write",)


@pytest.mark.parametrize("route", CLOSED, ids=named)
def test_no_route_opens_without_a_valid_key(client, keys, route):
    for case, headers in no_keys(keys).items():
        response = client.request(route.method, route.path, headers=headers, json=QUERY)
        body = checked_error(response, 401)
        assert response.headers["www-authenticate"] == 'Bearer realm="biocite"', case
        # The same words for every reason, so that nobody learns whether a key exists.
        assert "this service asks for a valid API key" in str(body), case


@pytest.mark.parametrize("route", CLOSED, ids=named)
def test_a_key_opens_the_routes_of_its_scopes_and_no_others(client, keys, route):
    for scope in SCOPES:
        response = client.request(route.method, route.path, headers=bearer(keys[scope]), json=QUERY)
        if scope in route.scopes:
            assert response.status_code not in (401, 403), response.text
        else:
            assert "key" not in response.headers
            body = str(checked_error(response, 403))
            assert "lacks the scope" in body if route.scopes else "not open to anybody" in body


@pytest.mark.parametrize("case", NO_KEYS)
def test_health_asks_for_no_key(client, keys, case):
    for path in OPEN:
        response = client.get(path, headers=no_keys(keys)[case])
        assert response.status_code == 200
        with_security_headers(response)


@pytest.mark.parametrize(
    "path",
    ["/", "/nowhere", "/v1", "/v1/", "/v2/search", "/docs", "/favicon.ico", "/.env", "/static/x", "/health",
     "/health/", "/health/live/", "/health/live/more", "//health/live", "/health/Live", "/health/live%2f",
     "/health/../v1/index", "/health/live/../../v1/index", "/health/live;/v1/index", "/health%2flive/..",
     "/schema/redoc", "/schema/swagger"],
)  # fmt: skip
def test_what_is_no_route_asks_for_a_key_as_well(client, keys, path):
    url = httpx.URL(client.base_url).copy_with(raw_path=path.encode())
    for method in ("GET", "POST", "HEAD", "OPTIONS", "PATCH", "PUT", "TRACE"):
        response = client.request(method, url)
        with_security_headers(response)
        assert response.status_code == 401, method
        response = client.request(method, url, headers=bearer(keys["read"]))
        with_security_headers(response)
        # Some of these are other ways to write a route: with a key, nothing is wrong with them.
        assert response.status_code in (200, 204, 400, 403, 404, 405), method


def test_a_key_is_valid_until_it_is_revoked_or_expires(index, client):
    key, key_id = new_key(index, "read")
    brief, _ = new_key(index, "read", expires=datetime.now(UTC) + timedelta(seconds=2))
    for valid in (key, brief):
        assert client.post("/v1/search", json=QUERY, headers=bearer(valid)).status_code == 200
    revoke(index, key_id)
    checked_error(client.post("/v1/search", json=QUERY, headers=bearer(key)), 401)
    wait_until(lambda: client.get("/v1/index", headers=bearer(brief)).status_code == 401)


def test_several_scopes_in_one_key(index, client):
    key, _ = new_key(index, "read", "write")
    assert client.get("/v1/index", headers=bearer(key)).status_code == 200
    assert client.delete("/v1/documents/PMID:none", headers=bearer(key)).status_code == 404


def test_the_scheme_is_read_as_http_says(client, keys):
    """RFC 9110, 11.1: its name is case-insensitive."""
    for scheme in ("Bearer", "bearer", "BEARER"):
        for space in (" ", "  "):
            headers = {"authorization": f"{scheme}{space}{keys['read']}"}
            assert client.get("/v1/index", headers=headers).status_code == 200


def test_of_two_keys_the_first_counts(client, keys):
    right, wrong = keys["read"], keys["revoked"]
    for first, second, status in ((right, wrong, 200), (wrong, right, 401)):
        headers = [("authorization", f"Bearer {first}"), ("authorization", f"Bearer {second}")]
        assert client.get("/v1/index", headers=headers).status_code == status


def test_without_keys_a_service_on_its_own_machine_is_open_until_the_first(tmp_path):
    index = tiny_index(tmp_path)
    with serving(index, limits=GENEROUS) as client:
        assert client.post("/v1/search", json=QUERY).status_code == 200
        # What makes no sense as a key is no reason to refuse: none is asked for.
        assert client.post("/v1/search", json=QUERY, headers=bearer("x")).status_code == 200
        key, key_id = new_key(index, "read")
        checked_error(client.post("/v1/search", json=QUERY), 401)
        assert client.post("/v1/search", json=QUERY, headers=bearer(key)).status_code == 200
        revoke(index, key_id)
        checked_error(client.post("/v1/search", json=QUERY), 401)
    with serving(index, limits=GENEROUS) as client:  # and after a start
        checked_error(client.post("/v1/search", json=QUERY), 401)
        (index / "service" / "keys.db").unlink()
        for left in index.glob("service/keys.db-*"):
            left.unlink()
        for headers in ({}, bearer(key)):
            response = client.post("/v1/search", json=QUERY, headers=headers)
            assert response.status_code in (401, 409), response.text
            assert str(tmp_path) not in response.text
        assert client.get("/health/live").status_code == 200


def test_a_service_that_others_reach_is_never_open(tmp_path):
    with serving(tiny_index(tmp_path), gate=GateSettings(open_without_keys=False)) as client:
        checked_error(client.post("/v1/search", json=QUERY), 401)
        checked_error(client.get("/schema"), 401)
        assert client.get("/health/live").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost@evil.example", "[::1", "", "0",
             "localhost.", "169.254.169.254", "[::ffff:127.0.0.1]", "localhost,evil.example"]
)  # fmt: skip
def test_hosts_that_are_not_ours(client, keys, host):
    """DNS rebinding: a page elsewhere gives its own name in Host, whatever address it leads to."""
    for path in ("/v1/index", "/health/live", "/schema", "/nowhere"):
        response = client.get(path, headers={"host": host, **bearer(keys["read"])})
        assert "Host" in checked_error(response, 400)["message"]
        assert host not in response.text or len(host) < 2


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8765", "[::1]", "[::1]:80"])
def test_hosts_that_are_ours(client, keys, host):
    assert client.get("/v1/index", headers={"host": host, **bearer(keys["read"])}).status_code == 200


@pytest.mark.parametrize(
    "origin", [PAGE, "null", "http://localhost", "http://127.0.0.1", "https://127.0.0.1:1", "", "x"]
)
def test_pages_of_other_origins_may_not_ask(index, client, keys, origin):
    before = len(entries_of(index))
    response = client.post("/v1/search", json=QUERY, headers={"origin": origin, **bearer(keys["read"])})
    checked_error(response, 403)
    assert not [name for name in response.headers if name.startswith("access-control")]
    assert entries_of(index)[before:][0]["status"] == "ForbiddenError"
    preflight = client.options(
        "/v1/search",
        headers={"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": "*"},
    )
    assert preflight.status_code in (401, 403)
    assert not [name for name in preflight.headers if name.startswith("access-control")]


def test_pages_of_the_service_itself_may_ask(client, keys):
    own = f"http://{client.base_url.netloc.decode()}"
    response = client.post("/v1/search", json=QUERY, headers={"origin": own, **bearer(keys["read"])})
    assert response.status_code == 200
    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.fixture(scope="module")
def paged(index, keys):
    """A service that the pages of one origin may ask."""
    with serving(index, limits=GENEROUS, gate=GateSettings(origins=frozenset({PAGE}))) as client:
        yield client


def test_a_page_that_may_ask_can_read_answers_and_errors(paged, keys):
    """Fetch standard, 4.10 (CORS check): without the header a page sees nothing, not even that a key is missing."""
    for headers, status in ((bearer(keys["read"]), 200), ({}, 401), (bearer(keys["write"]), 403)):
        response = paged.post("/v1/search", json=QUERY, headers={"origin": PAGE, **headers})
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == PAGE
        assert "origin" in response.headers["vary"].lower()
        assert "access-control-allow-credentials" not in response.headers
        with_security_headers(response)
    assert paged.get("/nowhere", headers={"origin": PAGE}).headers["access-control-allow-origin"] == PAGE
    for other in ("https://evil.example", PAGE.upper(), PAGE + ".evil.example", "http://chat.example.org", "null"):
        response = paged.post("/v1/search", json=QUERY, headers={"origin": other, **bearer(keys["read"])})
        checked_error(response, 403)
        assert "access-control-allow-origin" not in response.headers


def test_a_page_that_may_ask_is_told_so_before_it_sends_its_key(paged):
    """Fetch standard, 4.8 (CORS-preflight fetch): browsers send no key with it."""
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    response = paged.options("/v1/search", headers={"origin": PAGE, **asked})
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == PAGE
    assert {"GET", "POST", "DELETE"} <= set(re.split(r",\s*", response.headers["access-control-allow-methods"]))
    allowed = response.headers["access-control-allow-headers"].lower()
    assert {"authorization", "content-type"} <= set(re.split(r",\s*", allowed))
    with_security_headers(response)
    for other in ("https://evil.example", "null"):
        refused = paged.options("/v1/search", headers={"origin": other, **asked})
        checked_error(refused, 403)
        assert "access-control-allow-origin" not in refused.headers
    # Without what makes it a preflight it is a request like others.
    checked_error(paged.options("/v1/search", headers={"origin": PAGE}), 401)


def test_errors_of_every_kind_have_the_headers(index, keys):
    read = bearer(keys["read"])
    with serving(index, limits=GENEROUS, body_bytes=1_000) as client:
        for response, status in (
            (client.get("/v1/index", headers=read), 200),
            (client.get("/schema", headers=read), 200),
            (client.post("/v1/search", content=b"{", headers=read), 400),
            (client.get("/v1/documents/none", headers=read), 404),
            (client.put("/v1/index", headers=read), 405),
            (client.post("/v1/search", json={"query": "x" * 2_000}, headers=read), 413),
            (client.post("/v1/chat/completions", json={}, headers=read), 400),
        ):
            assert response.status_code == status, response.text
            with_security_headers(response)


def test_an_unforeseen_failure_tells_a_reference_and_nothing_else(index, keys, monkeypatch, caplog):
    def failing(*arguments):
        raise RuntimeError(f"secret of {index}")

    with serving(index, limits=GENEROUS) as client:
        monkeypatch.setattr(Index, "restricted", failing)
        for path, body in (("/v1/search", QUERY), ("/v1/chat/completions", CHAT)):
            response = client.post(path, json=body, headers=bearer(keys["read"]))
            told = str(checked_error(response, 500))
            assert "secret" not in told
            (reference,) = re.findall(r"reference ([0-9a-f]{8})", told)
            assert reference in caplog.text
            assert "secret" in caplog.text


CHAT = {"model": "biocite", "messages": [{"role": "user", "content": "Which gene is mutated in cystic fibrosis?"}]}


def refused_for_now(response, status):
    body = checked_error(response, status)
    assert int(response.headers["retry-after"]) >= 1
    return body


def test_who_asks_too_often_is_told_when_to_come_again(tmp_path):
    index = tiny_index(tmp_path)
    slow, _ = new_key(index, "read", limits=KeyLimits(per_minute=5))
    usual, _ = new_key(index, "read")
    with serving(index, limits=Limits(per_minute=60, burst=8)) as client:
        for path, key, tokens in (("/v1/search", slow, 5), ("/v1/search", usual, 8)):
            statuses = [client.post(path, json=QUERY, headers=bearer(key)).status_code for _ in range(tokens)]
            assert statuses == [200] * tokens
            refused = client.post(path, json=QUERY, headers=bearer(key))
            refused_for_now(refused, 429)
            assert int(refused.headers["retry-after"]) <= 60 // min(tokens, 60)
        chat = client.post("/v1/chat/completions", json=CHAT, headers=bearer(usual))
        assert refused_for_now(chat, 429)["error"]["type"] == "rate_limit_error"
        assert client.get("/health/live", headers=bearer(usual)).status_code == 200


def test_who_guesses_keys_is_kept_out_and_does_not_fill_the_log(tmp_path):
    index = tiny_index(tmp_path)
    right, _ = new_key(index, "read")
    with serving(index, limits=Limits(failures=4, failures_per_minute=1)) as client:
        before = len(entries_of(index))
        statuses = [client.get("/v1/index", headers=bearer(f"guess {number}")).status_code for number in range(10)]
        assert statuses == [401] * 4 + [429] * 6
        refused_for_now(client.get("/v1/index", headers=bearer("guess")), 429)
        # The right key does not help who guessed: it might have been guessed.
        refused_for_now(client.get("/v1/index", headers=bearer(right)), 429)
        assert client.get("/health/live").status_code == 200
        assert len(entries_of(index)) == before + 4
    assert verify(index).problem == ""


def test_too_much_at_once_is_refused_at_once(tmp_path):
    lanes = LaneSettings(ask=Lane("ask", at_once=1, waiting=1, patience=60.0, seconds=60.0, first_guess=3.0))
    question = {"question": "Which gene is mutated in cystic fibrosis?"}
    with serving(tiny_index(tmp_path), lanes=lanes, loaders=fake_loaders(pause=1.0)) as client:
        statuses = []
        asking = [
            threading.Thread(target=lambda: statuses.append(client.post("/v1/ask", json=question).status_code))
            for _ in range(2)
        ]
        for thread in asking:
            thread.start()
        wait_until(lambda: 'biocite_lane_inside{lane="ask"} 2.0' in client.get("/metrics").text)
        started = time.monotonic()
        refused_for_now(client.post("/v1/ask", json=question), 503)
        body = refused_for_now(client.post("/v1/chat/completions", json=CHAT), 503)
        assert body["error"]["type"] == "server_error"
        assert time.monotonic() - started < 0.5
        assert client.post("/v1/search", json=QUERY).status_code == 200
        for thread in asking:
            thread.join()
    assert statuses == [200, 200]


def test_too_many_of_one_key_at_once_leave_room_for_others(tmp_path):
    index = tiny_index(tmp_path)
    greedy, other = (new_key(index, "read")[0] for _ in range(2))
    question = {"question": "Which gene is mutated in cystic fibrosis?"}
    with serving(index, limits=Limits(at_once=1), loaders=fake_loaders(pause=1.0)) as client:
        asking = threading.Thread(target=lambda: client.post("/v1/ask", json=question, headers=bearer(greedy)))
        asking.start()
        wait_until(lambda: 'biocite_lane_inside{lane="ask"} 1.0' in client.get("/metrics", headers=bearer(other)).text)
        refused_for_now(client.post("/v1/search", json=QUERY, headers=bearer(greedy)), 429)
        assert client.post("/v1/search", json=QUERY, headers=bearer(other)).status_code == 200
        asking.join()
        assert client.post("/v1/search", json=QUERY, headers=bearer(greedy)).status_code == 200
