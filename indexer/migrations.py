"""The schema of ``passages.db``, as numbered steps. Applied steps are never edited: a change is a new step.

Rows carry the generations between which they are seen: a document is in generation g where ``born <= g`` and ``died``
is null or above g. Its passages are seen with it. A generation that readers may have open is never changed: an update
adds rows and marks old ones as dead (``docs/decisions/0010-generations.md``).

`passage_key` is the integer that SQLite, Tantivy and FAISS share as a passage's name; it is never used again.
A passage without `embedded_sha256` is stored and quoted but not searched for by itself (see `indexer.prepared`).
Of the columns of documents the long ones come last: SQLite walks through what comes before the one that is asked for.
`removals` holds keys that were born and removed within the generation being built, which Tantivy may know already.
"""

from sqlite_utils import Database, Migrations

# Another name than the set of format 1 had: its tables cannot be taken over.
migrations = Migrations("biocite-2")


@migrations()
def m001_documents_by_generation(db: Database) -> None:
    """Sources, documents, passages, facets for filters, correction links, tombstones."""
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
    document_id TEXT NOT NULL,
    born INTEGER NOT NULL,
    died INTEGER,
    version INTEGER NOT NULL,
    year INTEGER NOT NULL,
    retracted INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    left_out TEXT NOT NULL,
    metadata TEXT NOT NULL,
    sections TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE UNIQUE INDEX documents_live ON documents(document_id) WHERE died IS NULL;
CREATE INDEX documents_id ON documents(document_id);
CREATE INDEX documents_died ON documents(died) WHERE died IS NOT NULL;
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
CREATE TABLE passages (
    passage_key INTEGER PRIMARY KEY AUTOINCREMENT,
    passage_id TEXT NOT NULL,
    document_key INTEGER NOT NULL REFERENCES documents(document_key) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    section TEXT NOT NULL,
    kind TEXT NOT NULL,
    embedded_sha256 BLOB
);
CREATE INDEX passages_document ON passages(document_key);
CREATE TABLE removals (
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
