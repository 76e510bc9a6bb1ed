"""`biocite search`: a query -> ranked passages."""

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from api.commands.options import (
    filter_options,
    filters_from,
    fusion_option,
    index_option,
    json_option,
    lexical_option,
    mode_option,
    print_json,
    rerank_option,
)


@click.command("search")
@click.argument("query")
@index_option
@click.option("-k", type=int, default=10, show_default=True, help="How many passages.")
@mode_option
@fusion_option
@lexical_option
@click.option("--documents", "by_document", is_flag=True, help="Only the best passage of each document.")
@rerank_option
@filter_options
@json_option
def command(query: str, directory: Path, k: int, by_document: bool, as_json: bool, **options: Any) -> None:
    """Find passages about QUERY."""
    from api.schemas import search_response
    from api.service import Service
    from retriever.search import RetrievalSettings, Unit

    mode, fusion, lexical, rerank = (options.pop(name) for name in ("mode", "fusion", "lexical", "rerank"))
    unit: Unit = "document" if by_document else "passage"
    settings = RetrievalSettings(fusion=fusion)
    with closing(Service(directory, retrieval=settings, lexical=lexical)) as service, service.using() as view:
        ranked = view.retriever.search(query, k=k, mode=mode, filters=filters_from(options), unit=unit, rerank=rerank)
    response = search_response(ranked)
    if as_json:
        print_json(response)
    else:
        from api.render import render_hits

        render_hits(response)
