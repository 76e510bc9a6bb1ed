"""The schema of ``passages.db``, as numbered steps. Applied steps are never edited: a change is a new step.

`passage_key` is the integer that SQLite, Tantivy and FAISS share as a passage's name; it is never used again.
`vectors` maps the hash of an embedded text to its row in ``dense/vectors.f16``, so that no text is embedded twice.
A passage without `embedded_sha256` is stored and quoted but not searched for by itself (see `indexer.store_writer`).
`lexical_queue` holds what Tantivy has yet to be told; it is emptied only after Tantivy has committed.
"""

from sqlite_utils import Database, Migrations

migrations = Migrations("biocite")


@migrations()
def m001_documents_and_passages(db: Database) -> None:
    """Sources, documents, passages, facets for filters, correction links, tombstones and the work queues."""
    for statement in _M001.split(";"):
        if statement.strip():
            db.execute(statement)


_M001 = """
CREATE TABLE sources (
    source_key INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    counts TEXT NOT NULL
);
CREATE TABLE skipped (
    source_key INTEGER NOT NULL REFERENCES sources(source_key) ON DELETE CASCADE,
    place TEXT NOT NULL,
    record INTEGER NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE documents (
    document_key INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    sections TEXT NOT NULL,
    metadata TEXT NOT NULL,
    left_out TEXT NOT NULL,
    source TEXT NOT NULL,
    version INTEGER NOT NULL,
    year INTEGER NOT NULL,
    retracted INTEGER NOT NULL
);
CREATE INDEX documents_year ON documents(year);
CREATE TABLE facets (
    document_key INTEGER NOT NULL REFERENCES documents(document_key) ON DELETE CASCADE,
    facet TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (facet, value, document_key)
) WITHOUT ROWID;
CREATE INDEX facets_document ON facets(document_key);
CREATE TABLE links (
    document_key INTEGER NOT NULL REFERENCES documents(document_key) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    target_id TEXT NOT NULL
);
CREATE INDEX links_target ON links(target_id, kind);
CREATE INDEX links_document ON links(document_key);
CREATE TABLE vectors (
    vector_row INTEGER PRIMARY KEY,
    embedded_sha256 BLOB NOT NULL UNIQUE
);
CREATE TABLE passages (
    passage_key INTEGER PRIMARY KEY AUTOINCREMENT,
    passage_id TEXT NOT NULL UNIQUE,
    document_key INTEGER NOT NULL REFERENCES documents(document_key) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    section TEXT NOT NULL,
    kind TEXT NOT NULL,
    embedded_sha256 BLOB
);
CREATE INDEX passages_document ON passages(document_key);
CREATE INDEX passages_embedded ON passages(embedded_sha256);
CREATE TABLE lexical_queue (
    passage_key INTEGER PRIMARY KEY
);
CREATE TABLE tombstones (
    document_id TEXT PRIMARY KEY,
    source TEXT NOT NULL
);
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
)
"""
