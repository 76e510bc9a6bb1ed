"""`biocite search`: a query -> ranked passages."""

from pathlib import Path
from typing import Any

import click

from api.commands.options import filter_options, filters_from, index_option, json_option, print_json


@click.command("search")
@click.argument("query")
@index_option
@click.option("-k", type=int, default=10, show_default=True, help="How many passages.")
@click.option(
    "--mode", type=click.Choice(["hybrid", "bm25", "dense"]), default="hybrid", show_default=True, help="Which engines."
)
@click.option(
    "--fusion",
    type=click.Choice(["min-max", "rrf"]),
    default="min-max",
    show_default=True,
    help="How both engines are fused.",
)
@click.option("--documents", "by_document", is_flag=True, help="Only the best passage of each document.")
@filter_options
@json_option
def command(
    query: str, directory: Path, k: int, mode: Any, fusion: str, by_document: bool, as_json: bool, **filters: Any
) -> None:
    """Find passages about QUERY."""
    from api.schemas import search_response
    from api.service import Service
    from retriever.search import RetrievalSettings

    service = Service(directory, retrieval=RetrievalSettings(fusion=fusion))
    ranked = service.retriever.search(
        query, k=k, mode=mode, filters=filters_from(filters), unit="document" if by_document else "passage"
    )
    response = search_response(ranked)
    service.close()
    if as_json:
        print_json(response)
    else:
        from api.render import render_hits

        render_hits(response)
