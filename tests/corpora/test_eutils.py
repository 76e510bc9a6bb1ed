"""Downloads from a server of our own on 127.0.0.1 that answers as NCBI's E-utilities do, in the shapes they have."""

import json
import re
import socket
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice, pairwise
from urllib.parse import parse_qs

import pytest

from corpora.errors import DownloadError, NotFoundError, SourceError, UsageError
from corpora.eutils import download_pmc, download_pubmed
from corpora.remote import Service
from tests.data import DATA, needs_data


class InstantClock:
    """A clock that moves only when it is slept on."""

    def __init__(self):
        self.now = 1000.0
        self.sleeps = []

    def monotonic(self):
        return self.now

    def time(self):
        return self.now

    def sleep(self, seconds):
        self.sleeps.append(seconds)
        self.now += seconds


def search_answer(identifiers, count, remarks=""):
    listed = "".join(f"<Id>{identifier}</Id>" for identifier in identifiers)
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20060628//EN" '
        '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n'
        f"<eSearchResult><Count>{count}</Count><RetMax>{len(identifiers)}</RetMax><RetStart>0</RetStart>"
        f"<IdList>{listed}</IdList><QueryTranslation>x</QueryTranslation>{remarks}</eSearchResult>\n"
    )


def pubmed_set(identifiers):
    articles = "".join(
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{identifier}</PMID>'
        f"<Article><ArticleTitle>Title of {identifier}.</ArticleTitle></Article>"
        '<CommentsCorrectionsList><CommentsCorrections RefType="Cites"><PMID Version="1">1</PMID></CommentsCorrections>'
        "</CommentsCorrectionsList></MedlineCitation></PubmedArticle>\n"
        for identifier in identifiers
    )
    return (
        '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2024//EN" '
        '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_240101.dtd">\n'
        f"<PubmedArticleSet>\n{articles}</PubmedArticleSet>"
    )


def pmc_set(identifiers):
    def article(number, identifier):
        kinds = [("pmc", identifier), ("pmcid", f"PMC{identifier}")]  # as they were, and as they are now
        kind, value = kinds[number % 2]
        meta = f'<article-meta><article-id pub-id-type="{kind}">{value}</article-id></article-meta>'
        return f'<article article-type="research-article"><front>{meta}</front><body/></article>'

    return f'<?xml version="1.0" ?><pmc-articleset>{"".join(map(article, range(99), identifiers))}</pmc-articleset>'


class FakeEutils(ThreadingHTTPServer):
    """Has `articles`; `faults` says what to do to the n-th request (from 1) instead of answering it."""

    daemon_threads = True

    def __init__(self, clock):
        super().__init__(("127.0.0.1", 0), Handler)
        self.clock = clock
        self.articles = []
        self.withdrawn = []
        self.remarks = ""
        self.faults = {}
        self.requests = []  # (time, path, fields)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/entrez/eutils"

    def asked(self, endpoint):
        return [fields for _, path, fields in self.requests if path == f"/entrez/eutils/{endpoint}.fcgi"]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        fields = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        server = self.server
        server.requests.append((server.clock.monotonic(), self.path, fields))
        fault = server.faults.get(len(server.requests))
        if fault is not None:
            fault(self)
        elif self.path.endswith("/esearch.fcgi"):
            start = int(fields["retstart"])
            found = server.articles[start : start + int(fields["retmax"])]
            self.answer(search_answer(found, len(server.articles), server.remarks))
        else:
            wanted = [identifier for identifier in fields["id"].split(",") if identifier not in server.withdrawn]
            self.answer({"pubmed": pubmed_set, "pmc": pmc_set}[fields["db"]](wanted))

    def answer(self, body, status=200, headers=(), length=None):
        data = body.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def says(body, status=200, **options):
    return lambda handler: handler.answer(body, status, **options)


@pytest.fixture
def clock():
    return InstantClock()


@pytest.fixture
def server(clock, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with FakeEutils(clock) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def download(server, clock, tmp_path):
    """Downloads from the server; `service` are fields of `Service`."""

    def run(query="asthma", *, maximum=1000, of=download_pubmed, progress=None, **service):
        service = Service(**{"base_url": server.url, **service})
        return of(query, tmp_path, maximum=maximum, service=service, progress=progress, clock=clock)

    return run


def numbers(count, first=30_000_000):
    return [str(first + number) for number in range(count)]


def pmids(paths):
    return [found for path in paths for found in re.findall(r'<PMID Version="1">(\d{8})<', path.read_text())]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_articles_come_in_batches_of_200_files(server, download, tmp_path):
    server.articles = numbers(450)
    seen = []
    result = download(progress=lambda done, whole: seen.append((done, whole)))
    assert [len(fields["id"].split(",")) for fields in server.asked("efetch")] == [200, 200, 50]
    assert pmids(result.files) == server.articles
    assert [re.sub(r"-[0-9a-f]{12}-", "-HASH-", path.name) for path in result.files] == [
        "pubmed-HASH-00001.xml",
        "pubmed-HASH-00002.xml",
        "pubmed-HASH-00003.xml",
    ]
    assert (result.database, result.query, result.found, result.wanted) == ("pubmed", "asthma", 450, 450)
    assert (result.missing, result.notes) == ((), ())
    assert seen == [(200, 450), (400, 450), (450, 450)]
    assert len(names(tmp_path)) == 3 + 1  # and the state file; nothing unfinished


def test_the_first_maximum_articles_are_taken(server, download):
    server.articles = numbers(450)
    result = download(maximum=3)
    assert pmids(result.files) == server.articles[:3]
    assert (result.found, result.wanted) == (450, 3)


def test_a_server_that_gives_more_than_was_asked_for_is_cut_short(server, download):
    server.faults = {1: says(search_answer(numbers(5), 5))}
    result = download(maximum=2)
    assert (pmids(result.files), result.found, result.wanted) == (numbers(2), 5, 2)


def test_what_is_asked(server, download):
    server.articles = numbers(2)
    download("  asthma & 2020[dp]\n", api_key="secret", email="me@example.org", tool="mytool", maximum=7)
    identity = {"tool": "mytool", "email": "me@example.org", "api_key": "secret"}
    assert [fields for _, _, fields in server.requests] == [
        {"db": "pubmed", "term": "asthma & 2020[dp]", "retmode": "xml", "retstart": "0", "retmax": "7", **identity},
        {"db": "pubmed", "id": "30000000,30000001", "retmode": "xml", **identity},
    ]
    assert [path for _, path, _ in server.requests] == ["/entrez/eutils/esearch.fcgi", "/entrez/eutils/efetch.fcgi"]


@pytest.mark.parametrize(("key", "rate"), [("", 3), ("secret", 10)])
def test_requests_keep_to_the_rate(server, download, key, rate):
    server.articles = numbers(2000)
    download(maximum=2000, api_key=key)
    times = [moment for moment, _, _ in server.requests]
    assert len(times) == 11
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(1 / rate <= gap < 1.2 / rate for gap in gaps)


def test_articles_that_do_not_come_are_named(server, download):
    server.articles = numbers(450)
    server.withdrawn = ["30000007", "30000449"]
    result = download()
    assert result.missing == ("30000007", "30000449")
    assert len(pmids(result.files)) == 448


def test_what_the_search_did_not_know_is_passed_on(server, download):
    server.articles = numbers(1)
    server.remarks = (
        "<ErrorList><PhraseNotFound>asthmaa</PhraseNotFound></ErrorList>"
        "<WarningList><OutputMessage>No items found.</OutputMessage></WarningList>"
    )
    assert download().notes == ("PhraseNotFound: asthmaa", "OutputMessage: No items found.")


def test_a_search_without_results_says_so(server, download, tmp_path):
    server.remarks = "<ErrorList><PhraseNotFound>asthmaa</PhraseNotFound></ErrorList>"
    with pytest.raises(NotFoundError, match=r"'asthmaa' finds nothing in pubmed \(PhraseNotFound: asthmaa\)"):
        download("asthmaa")
    assert names(tmp_path) == []


def test_pmc_comes_in_batches_of_50_and_searches_page_by_page(server, download):
    server.articles = numbers(10_120, first=7_000_000)
    server.faults = {4: says("no", 400)}  # stop after the first batch: 10,120 would take long
    with pytest.raises(DownloadError, match="HTTP 400"):
        download(of=download_pmc, maximum=10_100)
    searches = [(fields["db"], fields["retstart"], fields["retmax"]) for fields in server.asked("esearch")]
    assert searches == [("pmc", "0", "10000"), ("pmc", "10000", "100")]
    assert [len(fields["id"].split(",")) for fields in server.asked("efetch")] == [50, 50]


def test_pmc_articles_are_recognised_by_old_and_new_identifiers(server, download):
    server.articles = ["2907408", "7000001", "7000002", "7000003"]
    server.withdrawn = ["7000002"]
    result = download("trial", of=download_pmc)
    assert (result.database, result.wanted, result.missing) == ("pmc", 4, ("7000002",))
    assert [path.name.startswith("pmc-") for path in result.files] == [True]


# Failures that pass


def test_429_then_success_waits_as_long_as_the_server_wants(server, clock, download):
    server.articles = numbers(2)
    limit = json.dumps({"error": "API rate limit exceeded", "api-key": "1.2.3.4", "count": "4", "limit": "3"})
    server.faults = {2: says(limit, 429, headers=[("Retry-After", "7")])}
    assert pmids(download().files) == server.articles
    assert 7.0 in clock.sleeps


def test_retry_after_may_be_a_date(server, clock, download):
    server.articles = numbers(2)
    clock.now = 1_700_000_000.0  # 14 November 2023, 22:13:20
    date = "Tue, 14 Nov 2023 22:14:00 GMT"
    server.faults = {
        1: says("", 503, headers=[("Retry-After", date)]),
        2: says("", 503, headers=[("Retry-After", "?")]),
    }
    download()
    assert clock.sleeps[:2] == [40.0, 2.0]


def test_a_server_that_wants_to_be_left_alone_for_hours_is(server, clock, download):
    server.faults = {1: says("", 429, headers=[("Retry-After", "7200")])}
    with pytest.raises(DownloadError, match=r"HTTP 429.*wants to be left alone for 7200 s.*run the same command"):
        download()
    assert clock.sleeps == []


@pytest.mark.parametrize(
    "fault",
    [
        says("", 500),
        says("Bad gateway", 502),
        lambda handler: handler.answer(pubmed_set(numbers(2))[:200], length=5000),  # closed too early
        lambda handler: handler.answer(pubmed_set(numbers(2))[:-20]),  # cut short, but of the length it claims
        lambda handler: handler.connection.shutdown(socket.SHUT_RDWR),  # no answer at all
        says("<html><head><title>Error</title></head><body>Server Error</body></html>"),
        says('{"error": "temporarily"}'),
        says(""),
        says("<PubmedArticleSet></PubmedArticleSet>"),
        says('<?xml version="1.0"?><eFetchResult><ERROR>Unable to obtain query</ERROR></eFetchResult>'),
        says("<PubmedArticleSet><PubmedArticle><PMID></PubmedArticle></PubmedArticleSet>"),
    ],
)
def test_a_damaged_answer_is_asked_for_again_and_never_kept(server, clock, download, tmp_path, fault):
    server.articles = numbers(2)
    server.faults = {2: fault, 3: fault}
    result = download()
    assert pmids(result.files) == server.articles
    assert len(server.asked("efetch")) == 3
    assert clock.sleeps[1:] == pytest.approx([1.0, 2.0])
    assert len(names(tmp_path)) == 2


def test_a_chunked_answer_that_breaks_off_is_asked_for_again(server, download):
    def broken(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"400\r\n<PubmedArticleSet>")

    server.articles = numbers(2)
    server.faults = {2: broken}
    assert pmids(download().files) == server.articles


def test_a_silent_server_is_given_up_after_the_timeout_and_asked_again(server, download):
    server.articles = numbers(2)
    server.faults = {1: lambda _: time.sleep(0.4), 2: lambda _: time.sleep(0.4)}
    assert pmids(download(timeout_s=0.1).files) == server.articles
    assert len(server.asked("esearch")) == 3


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "<eSearchResult><ERROR>Search Backend failed: timeout</ERROR></eSearchResult>",
            "Search Backend failed: timeout",
        ),
        ("<eSearchResult><Count>2</Count><IdList><Id>1&amp;db=x</Id></IdList></eSearchResult>", "no number: '1&db=x'"),
        ("<html><body><h1>Down for maintenance</h1></body></html>", "'Down for maintenance'"),
        ("<eSearchResult><Count>", "not well-formed"),
    ],
)
def test_a_search_that_fails_in_every_attempt_says_why(server, clock, download, tmp_path, body, message):
    server.faults = {number: says(body) for number in range(1, 9)}
    with pytest.raises(DownloadError, match=rf"esearch\.fcgi failed 6 times: .*{re.escape(message)}"):
        download()
    assert len(server.requests) == 6
    assert clock.sleeps == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert names(tmp_path) == []


# Failures that do not pass


def test_a_wrong_api_key_is_told_at_once_and_not_repeated(server, clock, download):
    body = {"error": "API key invalid", "api-key": "s3cret", "type": "client", "status": "unknown"}
    server.faults = {1: says(json.dumps(body), 400)}
    with pytest.raises(
        DownloadError, match=r"HTTP 400 .*: API key invalid\. Check the API key \(NCBI_API_KEY\)"
    ) as caught:
        download(api_key="s3cret")
    assert "s3cret" not in str(caught.value)
    assert (len(server.requests), clock.sleeps) == (1, [])


def test_a_key_is_not_shown_where_a_page_repeats_it(server, download):
    server.faults = {1: says("<p>bad key s3cret</p>", 403)}
    with pytest.raises(DownloadError, match="HTTP 403 Forbidden: bad key …") as caught:
        download(api_key="s3cret")
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(Service(api_key="s3cret"))


def test_an_answer_without_end_is_refused(server, download, monkeypatch):
    monkeypatch.setattr("corpora.eutils._MAX_SEARCH_BYTES", 1000)
    server.articles = numbers(200)
    with pytest.raises(DownloadError, match="sent more than 1,000 bytes"):
        download()
    assert len(server.requests) == 1


def test_without_a_network_the_error_says_what_to_do(download, tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    with pytest.raises(DownloadError, match=r"cannot reach http://127\.0\.0\.1:\d+/esearch\.fcgi .*refused") as caught:
        download(base_url=url)
    kept = f"Check the network; what was fetched so far is kept in {tmp_path}, run the same command to go on"
    assert caught.value.remedy == kept


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"query": " \n"}, "the search in pubmed is empty"),
        ({"maximum": 0}, "maximum 0 is impossible"),
        ({"maximum": 10_000}, r"maximum 10,000: NCBI gives the first 9,999 results .* 2019:2020\[dp\]"),
        ({"base_url": "file:///etc/"}, "base URL 'file:///etc/': expected http"),
        ({"attempts": 0}, "attempts 0"),
        ({"tool": "a b\n"}, "tool 'a b"),
        ({"query": "asthma \udcff"}, "is not valid text"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_asking(server, download, call, message):
    with pytest.raises(UsageError, match=message):
        download(**call)
    assert server.requests == []


def test_a_folder_that_cannot_be_made_is_named(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="file: cannot be made a folder"):
        download_pubmed("asthma", tmp_path / "file", maximum=1, service=Service(base_url=server.url))


# Going on


def test_an_interrupted_download_goes_on_where_it_stopped(server, download, tmp_path):
    def interrupt(done, _):
        if done == 400:
            raise KeyboardInterrupt

    server.articles = numbers(450)
    with pytest.raises(KeyboardInterrupt):
        download(progress=interrupt)
    assert len([name for name in names(tmp_path) if name.endswith(".xml")]) == 2
    server.requests.clear()
    server.articles.insert(0, "39999999")  # what is new meanwhile does not shift what is left
    result = download()
    assert [fields.get("id", "search") for _, _, fields in server.requests] == [",".join(numbers(450)[400:])]
    assert pmids(result.files) == numbers(450)
    assert (result.wanted, result.missing) == (450, ())


def test_a_download_that_failed_goes_on_where_it_stopped(server, download, tmp_path):
    server.articles = numbers(450)
    server.withdrawn = ["30000003"]
    server.faults = {number: says("", 500) for number in range(3, 99)}
    with pytest.raises(DownloadError, match=r"efetch\.fcgi failed 6 times: HTTP 500") as caught:
        download()
    assert f"what was fetched so far is kept in {tmp_path}" in str(caught.value)
    assert len(names(tmp_path)) == 2  # the first batch and the state file
    server.faults = {}
    server.requests.clear()
    result = download()
    assert [len(fields["id"].split(",")) for fields in server.asked("efetch")] == [200, 50]
    assert (len(pmids(result.files)), result.missing) == (449, ("30000003",))


def test_a_complete_download_run_again_fetches_what_is_new(server, download):
    server.articles = numbers(250)
    first = download()
    server.requests.clear()
    server.articles = ["39999998", "39999999", *server.articles]
    second = download()
    assert [fields["id"] for fields in server.asked("efetch")] == ["39999998,39999999"]
    assert second.files[:2] == first.files
    assert pmids(second.files) == [*numbers(250), "39999998", "39999999"]
    assert second.wanted == 252


def test_a_larger_maximum_fetches_the_rest(server, download):
    server.articles = numbers(450)
    download(maximum=100)
    server.requests.clear()
    result = download(maximum=150)
    assert [len(fields["id"].split(",")) for fields in server.asked("efetch")] == [50]
    assert pmids(result.files) == numbers(150)


def test_a_file_that_was_deleted_is_fetched_again(server, download):
    server.articles = numbers(450)
    first = download()
    first.files[0].unlink()
    server.requests.clear()
    result = download()
    assert [fields["id"] for fields in server.asked("efetch")] == [",".join(numbers(200))]
    assert sorted(pmids(result.files)) == numbers(450)
    assert len(set(result.files)) == 3


def test_other_queries_and_databases_do_not_mix(server, download):
    server.articles = numbers(2)
    results = [download("asthma"), download("copd"), download("asthma", of=download_pmc)]
    assert len({path for result in results for path in result.files}) == 3
    assert len(server.asked("esearch")) == 3


def test_a_damaged_state_file_is_named(server, download, tmp_path):
    server.articles = numbers(2)
    download()
    state = next(path for path in tmp_path.iterdir() if path.suffix == ".json")
    assert state.name.startswith(".pubmed-")
    state.write_text("{")
    with pytest.raises(
        SourceError, match=rf"{re.escape(str(state))}: not the state of a download .*Delete it to start"
    ):
        download()


def test_waiting_is_logged(server, download, caplog):
    server.articles = numbers(1)
    server.faults = {1: says("", 500)}
    download()
    assert "esearch.fcgi: HTTP 500 Internal Server Error; trying again in 1 s" in caplog.text


@needs_data
@pytest.mark.data
def test_a_real_pubmed_answer_is_kept_byte_for_byte(server, download):
    real = (DATA / "pubmed" / "efetch" / "pubmed4.xml").read_bytes().decode()
    server.articles = ["27797938", "99999999"]
    server.faults = {2: says(real)}
    result = download()
    assert result.missing == ("99999999",)
    assert result.files[0].read_bytes() == real.encode()


@needs_data
@pytest.mark.data
def test_real_pmc_articles_are_recognised(server, download):
    with tarfile.open(next(iter(sorted((DATA / "pmc").glob("*.tar.gz"))))) as bundle:
        files = [bundle.extractfile(member).read().decode() for member in islice(bundle, 9) if member.isfile()]
    articles = [text[text.index("<article") :] for text in files]
    server.articles = [re.search(r'pub-id-type="pmc">(?:PMC)?(\d+)<', text)[1] for text in articles] + ["1"]
    server.faults = {2: says(f"<pmc-articleset>{''.join(articles)}</pmc-articleset>")}
    assert len(articles) > 3
    assert download(of=download_pmc).missing == ("1",)
