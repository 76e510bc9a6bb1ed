"""Files that cannot be read, one of each kind that people or attackers come with."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

from tests.pubmed_files import article

LINE = b'{"_id": "1", "text": "Good text."}\n'
RECORD = article(1, "Title", "Abstract.").encode()
PUBMED = b"<PubmedArticleSet>" + RECORD + b"</PubmedArticleSet>"
JATS = (
    b"<article><front><journal-meta><journal-title>J</journal-title></journal-meta><article-meta>"
    b'<article-id pub-id-type="pmcid">PMC1</article-id><title-group><article-title>Title</article-title></title-group>'
    b"<abstract><p>Abstract.</p></abstract></article-meta></front>"
    b"<body><sec><title>Results</title><p>It worked.</p></sec></body></article>"
)
PACKED = gzip.compress(LINE * 200, mtime=0)


def tar(*members, cut=None):
    """A tar bundle of (name, content) pairs, cut after so many bytes."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as bundle:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            bundle.addfile(info, io.BytesIO(content))
    return file.getvalue()[:cut]


def zipped(content):
    """A zip archive of one file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("corpus.jsonl", content)
    return file.getvalue()


def entities(declarations, use="&a;"):
    """A PubMed file that declares entities of its own."""
    return b"<!DOCTYPE PubmedArticleSet [" + declarations.encode() + b"]>" + PUBMED.replace(b"Abstract.", use.encode())


LAUGHS = '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
DEEP = b"[" * 100_000

BAD_FILES = {
    # nothing, or no literature
    "empty": b"",
    "blanks": b" \n\t\n  ",
    "byte-order mark alone": b"\xef\xbb\xbf",
    "zeros": bytes(5_000),
    "random": bytes(range(256)) * 20,
    "text": b"Just some words.\nAnd more of them.\n",
    "csv": b"id,title\n1,Title\n",
    "latin-1 text": "Stra\xdfe\n".encode("latin-1"),
    "png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "pdf": b"%PDF-1.7\n" + bytes(100),
    "sqlite": b"SQLite format 3\x00" + bytes(100),
    "zip": zipped(LINE),
    "bzip2": bz2.compress(LINE),
    "xz": lzma.compress(LINE),
    # gzip
    "gzip of nothing": gzip.compress(b""),
    "gzip of text": gzip.compress(b"words"),
    "gzip in gzip": gzip.compress(gzip.compress(LINE)),
    "gzip header alone": PACKED[:10],
    "gzip cut in two": PACKED[: len(PACKED) // 2],
    "gzip without its checksum": PACKED[:-8],
    "gzip cut by a byte": PACKED[:-1],
    "gzip of another checksum": PACKED[:-8] + bytes(4) + PACKED[-4:],
    "gzip of another length": PACKED[:-4] + bytes(4),
    "gzip damaged inside": PACKED[:20] + bytes(10) + PACKED[30:],
    "gzip and then something": PACKED + b"more",
    "gzip of an unknown method": PACKED[:2] + b"\x07" + PACKED[3:],
    # XML
    "html": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "other root": b"<?xml version='1.0'?><feed><entry/></feed>",
    "root in another namespace": b'<x:PubmedArticleSet xmlns:x="urn:x"/>',
    "records without their set": b"<PubmedArticles>" + RECORD + b"</PubmedArticles>",
    "no root": b"<?xml version='1.0'?>\n<!-- nothing -->\n",
    "doctype alone": b"<!DOCTYPE PubmedArticleSet>",
    "tag cut": b"<PubmedArti",
    "root cut": b"<PubmedArticleSet ",
    "set cut between records": b"<PubmedArticleSet>" + RECORD,
    "set cut in a record": PUBMED[:-60],
    "set cut in a comment": b"<PubmedArticleSet>" + RECORD + b"<!-- ",
    "set cut in CDATA": b"<PubmedArticleSet><PubmedArticle><![CDATA[ ",
    "jats cut": JATS[:-20],
    "jats malformed": JATS.replace(b"</sec>", b"</sek>"),
    "two documents": PUBMED + PUBMED,
    "something after the end": PUBMED + b"\nMore",
    "empty set": b"<PubmedArticleSet></PubmedArticleSet>",
    "empty pmc set": b"<pmc-articleset/>",
    "book article": b"<PubmedArticleSet><PubmedBookArticle/></PubmedArticleSet>",
    "deletion of what is not there": b"<PubmedArticleSet><DeleteCitation/></PubmedArticleSet>",
    "citation without number": PUBMED.replace(b">1</PMID>", b"></PMID>"),
    "citation numbered in words": PUBMED.replace(b">1</PMID>", b">one</PMID>"),
    "citation without text": b"<PubmedArticleSet>" + article(1).encode() + b"</PubmedArticleSet>",
    "long prologue": b"<!--" + b"x" * 70_000 + b"-->" + PUBMED,
    "nested too deep": JATS.replace(b"It worked.", b"<b>" * 400 + b"</b>" * 400),
    # attacks
    "billion laughs": entities(LAUGHS, "&i;"),
    "external entity": entities('<!ENTITY a SYSTEM "file:///etc/passwd">'),
    "external entity over the net": entities('<!ENTITY a SYSTEM "http://127.0.0.1:9/">'),
    "parameter entity": entities('<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;'),
    "entity in JATS": b'<!DOCTYPE article [<!ENTITY a "ha">]>' + JATS,
    "unknown entity": PUBMED.replace(b"Abstract.", b"&nowhere;"),
    # encodings
    "unknown encoding": b"<?xml version='1.0' encoding='klingon'?>" + PUBMED,
    "encoding that it is not": b"<?xml version='1.0' encoding='utf-16'?>" + PUBMED,
    "utf-7": b"<?xml version='1.0' encoding='utf-7'?>" + PUBMED,
    "not utf-8": PUBMED.replace(b"Abstract.", b"Stra\xdfe"),
    "mixed encodings": PUBMED.replace(b"Abstract.", "ß".encode() + b"\xdf"),
    "half a character": PUBMED.replace(b"Abstract.", b"\xe2\x82"),
    "utf-16 cut": PUBMED.decode().encode("utf-16")[:-1],
    "utf-16 of lines": LINE.decode().encode("utf-16"),
    "surrogates in utf-8": PUBMED.replace(b"Abstract.", b"\xed\xa0\x80"),
    "control character": PUBMED.replace(b"Abstract.", b"\x01"),
    # JSON
    "JSON list": b'[{"_id": "1", "text": "Text."}]',
    "JSON over several lines": b'{\n  "_id": "1",\n  "text": "Text."\n}\n',
    "lines that are no JSON": b"{nonsense\n{more}\n",
    "line without identifier": b'{"text": "Text."}\n',
    "identifier null": b'{"_id": null, "text": "Text."}\n',
    "identifier blank": b'{"_id": "  ", "text": "Text."}\n',
    "identifier a list": b'{"_id": ["1"], "text": "Text."}\n',
    "identifier with NUL": b'{"_id": "a\\u0000b", "text": "Text."}\n',
    "identifier with escape codes": b'{"_id": "\\u001b[31mred", "text": "Text."}\n',
    "identifier over two lines": b'{"_id": "a\\nb", "text": "Text."}\n',
    "line without text": b'{"_id": "1"}\n',
    "text null": b'{"_id": "1", "text": null}\n',
    "text blank": b'{"_id": "1", "text": " \\n "}\n',
    "text of NULs": b'{"_id": "1", "text": "\\u0000\\u0000"}\n',
    "text a number": b'{"_id": "1", "text": 5}\n',
    "text not utf-8": b'{"_id": "1", "text": "Stra\xdfe"}\n',
    "lone surrogate": b'{"_id": "1", "text": "\\ud800"}\n',
    "NaN": b'{"_id": "1", "text": "a", "year": NaN}\n',
    "nested too deep in JSON": b'{"_id": "1", "text": "a", "x": ' + DEEP + b"\n",
    "line cut": LINE[:20],
    "two objects on a line": b'{"_id": "1", "text": "a"}{"_id": "2", "text": "b"}\n',
    "carriage returns alone": b'{"_id": "1", "text": "a"}\r{"_id": "2", "text": "b"}\r',
    # bundles
    "tar of figures": tar(("figure.jpg", b"\xff\xd8\xff"), ("a.txt", b"words")),
    "tar cut in a member": tar(("a.xml", JATS * 3), cut=700),
    "tar without its end": tar(("a.xml", JATS), cut=512 + -(-len(JATS) // 512) * 512),
    "tar of nothing": tar(),
    "tar of a broken article": tar(("a.xml", JATS[:-20])),
    "tar of a cut gzip": tar(("a.jsonl.gz", PACKED[:-20])),
    "tar.gz cut": gzip.compress(tar(("a.xml", JATS)))[:-30],
    "tar of an entity": tar(("a.xml", entities(LAUGHS, "&i;"))),
}
