"""PubMed files of a few records, written by hand: what PubMed's update files do to an index."""

from xml.sax.saxutils import escape, quoteattr


def article(pmid, title="", abstract="", *, version=1, links=(), types=("Journal Article",), year=2020, journal="J"):
    """A `PubmedArticle`; `links` are (RefType, PMID) pairs."""
    corrections = "".join(
        f"<CommentsCorrections RefType={quoteattr(kind)}><RefSource>J</RefSource><PMID>{target}</PMID>"
        "</CommentsCorrections>"
        for kind, target in links
    )
    kinds = "".join(f'<PublicationType UI="">{escape(kind)}</PublicationType>' for kind in types)
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="{version}">{pmid}</PMID><Article>'
        f"<Journal><JournalIssue><PubDate><Year>{year}</Year></PubDate></JournalIssue><Title>{escape(journal)}</Title>"
        f"</Journal><ArticleTitle>{escape(title)}</ArticleTitle>"
        f"<Abstract><AbstractText>{escape(abstract)}</AbstractText></Abstract>"
        f"<Language>eng</Language><PublicationTypeList>{kinds}</PublicationTypeList></Article>"
        f"<CommentsCorrectionsList>{corrections}</CommentsCorrectionsList></MedlineCitation></PubmedArticle>"
    )


def deletion(*pmids):
    """An order to delete these."""
    return "<DeleteCitation>" + "".join(f"<PMID>{pmid}</PMID>" for pmid in pmids) + "</DeleteCitation>"


def pubmed_file(path, *records):
    """Write these records as a PubMed file, and give the path back."""
    body = "\n".join(records)
    path.write_text(
        f'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n{body}\n</PubmedArticleSet>\n', "utf-8"
    )
    return path
